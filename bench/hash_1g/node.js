// SPDX-License-Identifier: MIT
'use strict';

// node.js FILE: SHA-256 of a file, by a stream in chunks of several sizes and of the whole file in
// memory. The best counts.

const crypto = require('crypto');
const fs = require('fs');

const file = process.argv[2];
const chunks = [64, 256, 1024, 4096].map((kib) => kib * 1024);

async function byStream(highWaterMark) {
  const hash = crypto.createHash('sha256');
  for await (const chunk of fs.createReadStream(file, { highWaterMark })) hash.update(chunk);
  return hash.digest('hex');
}

async function whole() {
  const content = await fs.promises.readFile(file);
  if (crypto.hash) return crypto.hash('sha256', content); // since Node 20.12
  return crypto.createHash('sha256').update(content).digest('hex');
}

async function main() {
  const mb = fs.statSync(file).size / 1e6;
  let best = 0;
  let result;
  for (const way of [...chunks.map((size) => () => byStream(size)), whole]) {
    const begin = process.hrtime.bigint();
    const digest = await way();
    best = Math.max(best, mb / (Number(process.hrtime.bigint() - begin) / 1e9));
    if (result !== undefined && digest !== result) throw new Error('two ways, two digests');
    result = digest;
  }
  const version = `node ${process.versions.node}`;
  console.log(JSON.stringify({ hash_1g: best, result, version }));
}

main();
