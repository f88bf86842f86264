// SPDX-License-Identifier: MIT
'use strict';

// node.js FOLDER [webcrypto]: how late an interval of 1 ms is while hashes, PBKDF2 and gzip are
// computed: two of each kind are always under way. Hashes are of a file, by a stream, which
// node:crypto computes on the loop's own thread; with "webcrypto" they go to the pool. The first
// disturbs the interval less.

process.env.UV_THREADPOOL_SIZE = '4'; // read when the first job comes

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');

const file = path.join(process.argv[2], '0');
const text = fs.readFileSync(file);
const duration = process.argv.includes('--check') ? 0.05 : 2;
const period = 1e6; // ns
const firsts = {};
const counts = {};
let stopped = false;

function inMemory(done) {
  crypto.webcrypto.subtle.digest('SHA-256', text).then((it) => done(Buffer.from(it)));
}

function byStream(done) {
  const hash = crypto.createHash('sha256');
  const stream = fs.createReadStream(file);
  stream.on('data', (chunk) => hash.update(chunk)).on('end', () => done(hash.digest()));
}

function told(done) {
  return (error, data) => {
    if (error) throw error;
    done(data);
  };
}

const kinds = {
  hashes: process.argv[3] === 'webcrypto' ? inMemory : byStream,
  keys: (done) => crypto.pbkdf2('password', 'salt', 10000, 64, 'sha512', told(done)),
  zips: (done) => zlib.gzip(text, { level: 6, chunkSize: 1 << 20 }, told(done)),
};

function start(kind) {
  kinds[kind]((data) => {
    firsts[kind] = firsts[kind] || data;
    if (!firsts[kind].equals(data)) throw new Error(`two results of ${kind}`);
    counts[kind] = (counts[kind] || 0) + 1;
    if (!stopped) start(kind);
  });
}

const samples = [];
for (const kind of [...Object.keys(kinds), ...Object.keys(kinds)]) start(kind);
const begin = Number(process.hrtime.bigint());
let previous = begin;
const interval = setInterval(() => {
  const now = Number(process.hrtime.bigint());
  samples.push(Math.max(0, now - previous - period));
  previous = Number(process.hrtime.bigint());
  if (now - begin >= duration * 1e9) {
    stopped = true;
    clearInterval(interval);
  }
}, 1);

process.on('exit', (code) => {
  if (code !== 0) return;
  const result = firsts.hashes.toString('hex') + firsts.keys.toString('hex');
  const version = `node ${process.versions.node}`;
  console.log(JSON.stringify({ result, ...counts, samples_ns: samples, version }));
});
