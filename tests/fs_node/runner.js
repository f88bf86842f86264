// SPDX-License-Identifier: MIT
//
// Does programs of file operations with Node's fs: one JSON object a line in, {root, ops}, one out, the list of
// what each op came to. Paths and contents are base64. An error comes as {error: code}.
'use strict';
const fs = require('fs');
const readline = require('readline');

const bytes = (text) => Buffer.from(text, 'base64');
const text = (data) => Buffer.from(data).toString('base64');

function kind(x) {
  if (x.isFile()) return 'file';
  if (x.isDirectory()) return 'dir';
  return x.isSymbolicLink() ? 'link' : 'other';
}

function known(st) {
  const type = kind(st);
  const file = type !== 'dir';
  return [type, Number(st.mode & 0o7777n), file ? Number(st.size) : 0, file ? Number(st.nlink) : 0];
}

function inside(root, path) {
  const prefix = bytes(root);
  return text(path.subarray(0, prefix.length).equals(prefix) ? path.subarray(prefix.length) : path);
}

// What is done with one open file, step by step.
const steps = {
  write: (fd, s) => fs.writeSync(fd, bytes(s.data), 0, bytes(s.data).length, s.offset),
  writev: (fd, s) => fs.writevSync(fd, s.pieces.map(bytes), s.offset ?? undefined),
  read: (fd, s) => {
    const buffer = Buffer.alloc(s.length);
    return text(buffer.subarray(0, fs.readSync(fd, buffer, 0, s.length, s.offset)));
  },
  readv: (fd, s) => {
    const buffers = s.lengths.map((n) => Buffer.alloc(n));
    const n = fs.readvSync(fd, buffers, s.offset ?? undefined);
    return text(Buffer.concat(buffers).subarray(0, n));
  },
  ftruncate: (fd, s) => void fs.ftruncateSync(fd, s.length),
  fchmod: (fd, s) => void fs.fchmodSync(fd, s.mode),
  futimes: (fd, s) => void fs.futimesSync(fd, s.atime, s.mtime),
  fsync: (fd) => void fs.fsyncSync(fd),
  fdatasync: (fd) => void fs.fdatasyncSync(fd),
  fstat: (fd) => known(fs.fstatSync(fd, { bigint: true })),
};

function attempt(call) {
  try {
    return call() ?? null;
  } catch (error) {
    return { error: error.code };
  }
}

const answers = {
  write_file: (o, p) => void fs.writeFileSync(p, bytes(o.data), { mode: o.mode, flag: o.exclusive ? 'wx' : 'w' }),
  append_file: (o, p) => void fs.appendFileSync(p, bytes(o.data), { mode: o.mode }),
  read_file: (o, p) => text(fs.readFileSync(p)),
  copy_file: (o, p, p2) => {
    // libuv takes path2 away when path turns out to be a folder; libloop leaves it alone.
    if (fs.statSync(p).isDirectory()) fs.readFileSync(p);
    fs.copyFileSync(p, p2, o.exclusive ? fs.constants.COPYFILE_EXCL : 0);
  },
  stat: (o, p) => known(fs.statSync(p, { bigint: true })),
  lstat: (o, p) => known(fs.lstatSync(p, { bigint: true })),
  utimes: (o, p) => {
    fs.utimesSync(p, o.atime, o.mtime);
    return String(fs.statSync(p, { bigint: true }).mtimeNs);
  },
  lutimes: (o, p) => {
    fs.lutimesSync(p, o.atime, o.mtime);
    return String(fs.lstatSync(p, { bigint: true }).mtimeNs);
  },
  access: (o, p) => void fs.accessSync(p, o.mode),
  readdir: (o, p) =>
    fs
      .readdirSync(p, { encoding: 'buffer', withFileTypes: true })
      .map((entry) => [entry.name.toString('base64'), kind(entry)])
      .sort((a, b) => (a[0] < b[0] ? -1 : 1)),
  mkdir: (o, p) => fs.mkdirSync(p, { mode: o.mode, recursive: o.recursive }),
  mkdtemp: (o, p) => {
    const made = fs.mkdtempSync(p, { encoding: 'buffer' });
    fs.rmdirSync(made);
    return text(made.subarray(0, -6));
  },
  unlink: (o, p) => void fs.unlinkSync(p),
  rmdir: (o, p) => void fs.rmdirSync(p),
  remove: (o, p) => void fs.rmSync(p, { recursive: true, force: o.force }),
  rename: (o, p, p2) => void fs.renameSync(p, p2),
  link: (o, p, p2) => void fs.linkSync(p, p2),
  symlink: (o, p, p2) => void fs.symlinkSync(p, p2),
  readlink: (o, p) => text(fs.readlinkSync(p, { encoding: 'buffer' })),
  realpath: (o, p, p2, root) => inside(root, fs.realpathSync.native(p, { encoding: 'buffer' })),
  chmod: (o, p) => void fs.chmodSync(p, o.mode),
  truncate: (o, p) => void fs.truncateSync(p, o.length),
  with_fd: (o, p) => {
    const fd = fs.openSync(p, o.flags, o.mode);
    try {
      return o.steps.map((step) => attempt(() => steps[step.what](fd, step)));
    } finally {
      fs.closeSync(fd);
    }
  },
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { root, ops } = JSON.parse(line);
  process.chdir(bytes(root).toString());
  const came = ops.map((o) =>
    attempt(() => answers[o.what](o, bytes(o.path), o.path2 === undefined ? undefined : bytes(o.path2), root)),
  );
  process.stdout.write(JSON.stringify(came) + '\n');
});
