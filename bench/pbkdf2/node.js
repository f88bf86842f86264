// SPDX-License-Identifier: MIT
'use strict';

process.env.UV_THREADPOOL_SIZE = '4'; // read when the first job comes

const crypto = require('crypto');

const duration = process.argv.includes('--check') ? 0 : 2;
const salts = 8;
const inFlight = 8;
const iterations = 10000;
const keys = [];
let begun = 0;

function deriveFor(seconds) {
  return new Promise((resolve) => {
    const begin = process.hrtime.bigint();
    let done = 0;
    let running = inFlight;
    const elapsed = () => Number(process.hrtime.bigint() - begin) / 1e9;
    function start() {
      const which = begun++ % salts;
      const salt = Buffer.alloc(16);
      salt[0] = which;
      crypto.pbkdf2('password', salt, iterations, 64, 'sha512', (error, key) => {
        if (error) throw error;
        keys[which] = keys[which] || key;
        if (!keys[which].equals(key)) throw new Error('two keys of one password');
        done++;
        if (elapsed() < seconds) start();
        else if (--running === 0) resolve(done / elapsed());
      });
    }
    for (let i = 0; i < inFlight; i++) start();
  });
}

async function main() {
  await deriveFor(0);
  const rate = await deriveFor(duration);
  const result = Buffer.concat(keys).toString('hex');
  const version = `node ${process.versions.node}`;
  console.log(JSON.stringify({ pbkdf2: rate, result, version }));
}

main();
