// SPDX-License-Identifier: MIT
'use strict';

process.env.UV_THREADPOOL_SIZE = '4'; // read when the first job comes

const fs = require('fs');
const path = require('path');
const zlib = require('zlib');

const folder = process.argv[2];
const duration = process.argv.includes('--check') ? 0 : 1;
const inFlight = 8;
const level = 6;
// Output in one piece: chunks of this size are faster for Node than its 16 KiB.
const chunkSize = 1 << 20;
const texts = [];
for (let i = 0; fs.existsSync(path.join(folder, String(i))); i++) {
  texts.push({
    plain: fs.readFileSync(path.join(folder, String(i))),
    zipped: fs.readFileSync(path.join(folder, `${i}.gz`)),
  });
}

function same(text, which, data) {
  text[which] = text[which] || data;
  if (!text[which].equals(data)) throw new Error('two results of one text');
}

// MB of plain text in a second; every text at least once.
function goOnFor(seconds, begin, to) {
  return new Promise((resolve) => {
    const since = process.hrtime.bigint();
    let begun = 0;
    let bytes = 0;
    let running = Math.max(inFlight, texts.length);
    const elapsed = () => Number(process.hrtime.bigint() - since) / 1e9;
    function start() {
      const text = texts[begun++ % texts.length];
      begin(text, (error, data) => {
        if (error) throw error;
        same(text, to, data);
        bytes += text.plain.length;
        if (elapsed() < seconds) start();
        else if (--running === 0) resolve(bytes / 1e6 / elapsed());
      });
    }
    for (let i = running; i > 0; i--) start();
  });
}

const zip = (text, callback) => zlib.gzip(text.plain, { level, chunkSize }, callback);
const unzip = (text, callback) => zlib.gunzip(text.zipped, { chunkSize }, callback);

async function main() {
  await goOnFor(0, zip, 'first');
  const gzip = await goOnFor(duration, zip, 'first');
  for (const text of texts) same(text, 'plain', zlib.gunzipSync(text.first));
  await goOnFor(0, unzip, 'plain');
  const gunzip = await goOnFor(duration, unzip, 'plain');
  const sum = (which) => texts.reduce((all, text) => all + text[which].length, 0);
  const version = `node ${process.versions.node}`;
  console.log(JSON.stringify({ gzip, gunzip, size_out: sum('first') / sum('plain'), version }));
}

main();
