// SPDX-License-Identifier: MIT
'use strict';

const n = process.argv.includes('--check') ? 1000 : 1000000;

function cpu() {
  const usage = process.cpuUsage(); // us
  return (usage.user + usage.system) * 1000;
}

const delays = new Int32Array(n);
let random = 1;
for (let i = 0; i < n; i++) {
  random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff;
  delays[i] = 1 + (random >>> 8) % 1000;
}
const timers = new Array(n).fill(null);
let fired = 0;
const onTimer = () => { fired++; };

const begin = cpu();
for (let i = 0; i < n; i++) timers[i] = setTimeout(onTimer, delays[i]);
const started = cpu();
for (let i = 1; i < n; i += 2) clearTimeout(timers[i]);
const stopped = cpu();

process.on('exit', () => {
  const ended = cpu();
  if (fired !== n / 2) process.exitCode = 1;
  console.log(JSON.stringify({
    timers_1m_start: (started - begin) / n,
    timers_1m_stop: (stopped - started) * 2 / n,
    timers_1m_fire: (ended - stopped) * 2 / n,
    version: `node ${process.versions.node}`,
  }));
});
