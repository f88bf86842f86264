// SPDX-License-Identifier: MIT
'use strict';

// node.js PATTERN FOLDER: what examples/grep.* do, with node:fs: prints the lines that have a text
// as `path:line number:line`, from all files of a tree, 64 of them read at a time.

process.env.UV_THREADPOOL_SIZE = '4'; // read when the first job comes

const fs = require('fs');
const path = require('path');

const pattern = Buffer.from(process.argv[2]);
const limit = 64;
const todo = [{ isFolder: true, at: process.argv[3] }];
let inFlight = 0;

function look(at, content) {
  if (!content.includes(pattern) || content.includes(0)) return;
  let number = 1;
  const found = [];
  for (let begin = 0; begin < content.length; number++) {
    const stop = content.indexOf(10, begin);
    const line = content.subarray(begin, stop < 0 ? content.length : stop);
    if (line.includes(pattern)) found.push(Buffer.from(`${at}:${number}:`), line, Buffer.from('\n'));
    begin += line.length + 1;
  }
  process.stdout.write(Buffer.concat(found));
}

function arrived(error) {
  if (error) throw error;
  inFlight--;
  goOn();
}

function list(at) {
  fs.readdir(at, { withFileTypes: true }, (error, entries) => {
    for (const entry of entries || []) {
      if (entry.isDirectory() || entry.isFile()) {
        todo.push({ isFolder: entry.isDirectory(), at: path.join(at, entry.name) });
      }
    }
    arrived(error);
  });
}

function read(at) {
  fs.readFile(at, (error, content) => {
    if (content) look(at, content);
    arrived(error);
  });
}

function goOn() {
  while (todo.length > 0 && inFlight < limit) {
    const { isFolder, at } = todo.pop();
    inFlight++;
    (isFolder ? list : read)(at);
  }
}

goOn();
