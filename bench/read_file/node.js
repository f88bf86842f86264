// SPDX-License-Identifier: MIT
'use strict';

const fs = require('fs');
const path = require('path');

const inFlight = Number(process.argv[2]) || 1;
const duration = process.argv.includes('--check') ? 0.01 : 1;
const count = 1000;
// In the project's build folder, because the system's folder for temporary files may lie in memory.
const home = path.join(__dirname, '..', '..', 'build');
const folder = fs.mkdtempSync(path.join(home, 'read-file-'));
const paths = [];
for (let i = 0; i < count; i++) {
  paths.push(path.join(folder, String(i)));
  fs.writeFileSync(paths[i], Buffer.alloc(4096, 'x'));
  fs.readFileSync(paths[i]);
}
process.on('exit', () => fs.rmSync(folder, { recursive: true }));

let next = 0;

function readFor(k, seconds) {
  return new Promise((resolve) => {
    const begin = process.hrtime.bigint();
    let done = 0;
    let running = k;
    const elapsed = () => Number(process.hrtime.bigint() - begin) / 1e9;
    const start = () => fs.readFile(paths[next++ % count], onRead);
    function onRead(error, content) {
      if (error || content.length !== 4096) throw error || new Error('short');
      done++;
      if (elapsed() < seconds) start();
      else if (--running === 0) resolve(done / elapsed());
    }
    for (let i = 0; i < k; i++) start();
  });
}

async function main() {
  await readFor(4, duration / 10);
  const figures = {};
  figures[`read_file_k${inFlight}`] = await readFor(inFlight, duration);
  figures.version = `node ${process.versions.node}`;
  console.log(JSON.stringify(figures));
}

main();
