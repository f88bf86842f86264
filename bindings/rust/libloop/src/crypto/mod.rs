// SPDX-License-Identifier: MIT

//! Hashes, keys, ciphers and signatures.

mod names;
mod record;
mod stream;

use std::path::Path;

use libloop_sys as sys;

pub use names::{Argon2id, Cipher, Hash, KeyFormat, KeyKind, Scrypt};

use crate::event::Event;
use crate::op::With;
use crate::slab::{Callback, NewEntry};
use crate::submit::OpParts;
use crate::{Bytes, CryptoJob, Error, HashStream, Id, Loop, Op};
use record::Record;

/// Crypto on the workers that compute: see [`Loop::crypto`].
///
/// Keys and other short inputs are copied, and every copy is wiped; messages are moved in and read
/// where they lie. What an algorithm does not take (a key of a wrong length, no iterations) comes to
/// the closure as [`Code::Invalid`](crate::Code::Invalid) with a text that says what is wrong.
///
/// # Errors
///
/// Of every method: [`Code::Closed`](crate::Code::Closed), [`Code::Fork`](crate::Code::Fork),
/// [`Code::NoMemory`](crate::Code::NoMemory); of those with a path
/// [`Code::Invalid`](crate::Code::Invalid), when it has a NUL.
#[derive(Debug)]
#[must_use = "nothing is started yet"]
pub struct Crypto<'a> {
    with: With<'a>,
}

/// A private key and its public key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyPair {
    bytes: Bytes,
    public_at: usize,
}

impl KeyPair {
    /// The private key.
    #[must_use]
    pub fn private(&self) -> &[u8] {
        &self.bytes[..self.public_at]
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        &self.bytes[self.public_at..]
    }
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPair").finish_non_exhaustive()
    }
}

impl Crypto<'_> {
    fn start<T: 'static>(
        mut self,
        record: Record,
        value: impl FnOnce(&Event<'_>) -> T + 'static,
        done: impl FnOnce(&Loop, Result<T, Error>) + 'static,
    ) -> Result<Id, Error> {
        let callback = Callback::Once(Box::new(move |lp, event| {
            done(lp, event.result().map(|()| value(event)));
        }));
        let (record, keep) = record.into_parts();
        let new = NewEntry {
            code: sys::LOOP_OP_CRYPTO as u16,
            callback,
            extra: self.with.op.extra(),
            keep,
            delay_ns: -1,
            plain: false,
            referenced: self.with.op.referenced,
        };
        let parts = OpParts {
            data: (&raw const record.raw).cast(),
            timeout_ns: self.with.op.timeout_ns,
            label: self.with.op.label,
            owned: Some(record),
            ..OpParts::default()
        };
        self.with.lp.register(new, parts)
    }

    fn bytes(
        self,
        record: Record,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        self.start(record, Bytes::retain, done).map(CryptoJob)
    }

    /// Makes 1 byte to 1 GiB that nobody can guess. Node: `crypto.randomBytes`.
    pub fn random_bytes(
        self,
        len: u64,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let mut record = Record::new(sys::LOOP_CRYPTO_RANDOM_BYTES, 0);
        record.raw.out_len = len;
        self.bytes(record, done)
    }

    /// Hashes bytes. Node: `crypto.hash`.
    pub fn hash(
        self,
        hash: Hash,
        data: impl Into<Vec<u8>>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        self.bytes(Record::new(sys::LOOP_CRYPTO_HASH, hash.raw()).message(data.into()), done)
    }

    /// Hashes several pieces as if they were one.
    pub fn hash_pieces(
        self,
        hash: Hash,
        pieces: Vec<Vec<u8>>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        self.bytes(Record::new(sys::LOOP_CRYPTO_HASH, hash.raw()).pieces(pieces), done)
    }

    /// Hashes what a file has, read in pieces to its end.
    pub fn hash_file(
        self,
        hash: Hash,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        self.bytes(Record::new(sys::LOOP_CRYPTO_HASH, hash.raw()).path(path.as_ref())?, done)
    }

    /// [`hash`](Crypto::hash) with a key: HMAC. Node: `crypto.createHmac`.
    pub fn hmac(
        self,
        hash: Hash,
        key: &[u8],
        data: impl Into<Vec<u8>>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let record = Record::new(sys::LOOP_CRYPTO_HMAC, hash.raw()).key(key);
        self.bytes(record.message(data.into()), done)
    }

    /// [`hash_pieces`](Crypto::hash_pieces) with a key.
    pub fn hmac_pieces(
        self,
        hash: Hash,
        key: &[u8],
        pieces: Vec<Vec<u8>>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        self.bytes(Record::new(sys::LOOP_CRYPTO_HMAC, hash.raw()).key(key).pieces(pieces), done)
    }

    /// [`hash_file`](Crypto::hash_file) with a key.
    pub fn hmac_file(
        self,
        hash: Hash,
        key: &[u8],
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let record = Record::new(sys::LOOP_CRYPTO_HMAC, hash.raw()).key(key);
        self.bytes(record.path(path.as_ref())?, done)
    }

    /// Makes a hash that is fed with [`HashStream::write`] and [`HashStream::end`]. While it waits
    /// for input it does not keep the loop alive. Node: `crypto.createHash`.
    pub fn hash_stream(
        self,
        hash: Hash,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<HashStream, Error> {
        let record = Record::new(sys::LOOP_CRYPTO_HASH_STREAM, hash.raw());
        self.start(record, Bytes::retain, done).map(HashStream)
    }

    /// [`hash_stream`](Crypto::hash_stream) with a key.
    pub fn hmac_stream(
        self,
        hash: Hash,
        key: &[u8],
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<HashStream, Error> {
        let record = Record::new(sys::LOOP_CRYPTO_HMAC_STREAM, hash.raw()).key(key);
        self.start(record, Bytes::retain, done).map(HashStream)
    }

    /// Derives a key of `len` bytes from a password with PBKDF2. Node: `crypto.pbkdf2`.
    pub fn pbkdf2(
        self,
        hash: Hash,
        password: &[u8],
        salt: &[u8],
        iterations: u64,
        len: u64,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let mut record = Record::new(sys::LOOP_CRYPTO_PBKDF2, hash.raw()).key(password).salt(salt);
        record.raw.iterations = iterations;
        record.raw.out_len = len;
        self.bytes(record, done)
    }

    /// Derives a key of `len` bytes from a password with scrypt. Node: `crypto.scrypt`.
    pub fn scrypt(
        self,
        password: &[u8],
        salt: &[u8],
        costs: Scrypt,
        len: u64,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let mut record = Record::new(sys::LOOP_CRYPTO_SCRYPT, 0).key(password).salt(salt);
        record.raw.cost = costs.cost;
        record.raw.block_size = costs.block_size;
        record.raw.parallelism = costs.parallelism;
        record.raw.max_memory = costs.max_memory;
        record.raw.out_len = len;
        self.bytes(record, done)
    }

    /// Derives a key of `len` bytes from a password with Argon2id.
    pub fn argon2id(
        self,
        password: &[u8],
        salt: &[u8],
        costs: Argon2id,
        len: u64,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let mut record = Record::new(sys::LOOP_CRYPTO_ARGON2ID, 0).key(password).salt(salt);
        record.raw.iterations = costs.passes;
        record.raw.memory_kib = costs.memory_kib;
        record.raw.parallelism = costs.lanes;
        record.raw.max_memory = costs.max_memory;
        record.raw.out_len = len;
        self.bytes(record, done)
    }

    /// Derives a key of `len` bytes from a good secret with HKDF. Node: `crypto.hkdf`.
    pub fn hkdf(
        self,
        hash: Hash,
        secret: &[u8],
        salt: &[u8],
        info: &[u8],
        len: u64,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let record = Record::new(sys::LOOP_CRYPTO_HKDF, hash.raw());
        let mut record = record.key(secret).salt(salt).info(info);
        record.raw.out_len = len;
        self.bytes(record, done)
    }

    /// Encrypts and authenticates: gives the encrypted text and behind it its tag of 16 bytes. Never
    /// use a nonce twice with the same key. Node: `crypto.createCipheriv`.
    pub fn seal(
        self,
        cipher: Cipher,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        data: impl Into<Vec<u8>>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let record = Record::new(sys::LOOP_CRYPTO_SEAL, cipher.raw());
        self.bytes(record.key(key).salt(nonce).info(aad).message(data.into()), done)
    }

    /// Decrypts what [`seal`](Crypto::seal) made; [`Code::Auth`](crate::Code::Auth) comes if
    /// anything is not the same. Node: `crypto.createDecipheriv`.
    pub fn open_sealed(
        self,
        cipher: Cipher,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        data: impl Into<Vec<u8>>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let record = Record::new(sys::LOOP_CRYPTO_OPEN_SEALED, cipher.raw());
        self.bytes(record.key(key).salt(nonce).info(aad).message(data.into()), done)
    }

    /// Makes a pair of keys. Node: `crypto.generateKeyPair`.
    pub fn generate_key(
        self,
        kind: KeyKind,
        format: KeyFormat,
        done: impl FnOnce(&Loop, Result<KeyPair, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let mut record = Record::new(sys::LOOP_CRYPTO_GENERATE_KEY, kind.raw());
        record.raw.flags = format.flags();
        let pair = |event: &Event<'_>| {
            let bytes = Bytes::retain(event);
            let public_at = (event.raw.aux as usize).min(bytes.len());
            KeyPair { bytes, public_at }
        };
        self.start(record, pair, done).map(CryptoJob)
    }

    /// Gives the public key of a private key, or a public key in another form. A raw private key
    /// needs its kind. Node: `crypto.createPublicKey`.
    pub fn public_key(
        self,
        key: &[u8],
        kind: Option<KeyKind>,
        format: KeyFormat,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let alg = kind.map_or(0, KeyKind::raw);
        let mut record = Record::new(sys::LOOP_CRYPTO_PUBLIC_KEY, alg).key(key);
        record.raw.flags = format.flags();
        self.bytes(record, done)
    }

    /// Signs with ECDSA (the signature is DER) or Ed25519, as the private key says; ECDSA needs a
    /// hash, Ed25519 takes none. Node: `crypto.sign`.
    pub fn sign(
        self,
        hash: Option<Hash>,
        key: &[u8],
        data: impl Into<Vec<u8>>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let record = Record::new(sys::LOOP_CRYPTO_SIGN, hash.map_or(0, Hash::raw));
        self.bytes(record.key(key).message(data.into()), done)
    }

    /// Says whether a signature is of this message and this public key; a wrong one is no error.
    /// Node: `crypto.verify`.
    pub fn verify(
        self,
        hash: Option<Hash>,
        key: &[u8],
        data: impl Into<Vec<u8>>,
        signature: &[u8],
        done: impl FnOnce(&Loop, Result<bool, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let record = Record::new(sys::LOOP_CRYPTO_VERIFY, hash.map_or(0, Hash::raw));
        let record = record.key(key).message(data.into()).signature(signature);
        self.start(record, |event| event.raw.num != 0, done).map(CryptoJob)
    }

    /// Agrees on the secret of 32 bytes that both sides get. Node: `crypto.diffieHellman`.
    pub fn x25519(
        self,
        private: &[u8],
        public: &[u8],
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        self.bytes(Record::new(sys::LOOP_CRYPTO_X25519, 0).key(private).peer(public), done)
    }
}

impl<'a> With<'a> {
    /// See [`Loop::crypto`].
    pub fn crypto(self) -> Crypto<'a> {
        Crypto { with: self }
    }
}

impl Loop {
    /// Hashes, keys, ciphers and signatures, computed on workers.
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::{Hash, Loop};
    ///
    /// let lp = Loop::new()?;
    /// lp.crypto().hash(Hash::Sha256, "abc", |_lp, digest| {
    ///     assert_eq!(digest.unwrap()[..4], [0xba, 0x78, 0x16, 0xbf]);
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn crypto(&self) -> Crypto<'_> {
        self.with(Op::new()).crypto()
    }
}

/// Compares bytes in a time that does not depend on what they are; their lengths are no secret.
#[must_use]
pub fn timing_safe_equal(a: &[u8], b: &[u8]) -> bool {
    // SAFETY: both have as many bytes as it is told.
    a.len() == b.len()
        && unsafe {
            sys::loop_timing_safe_equal(a.as_ptr().cast(), b.as_ptr().cast(), a.len() as u64) == 1
        }
}
