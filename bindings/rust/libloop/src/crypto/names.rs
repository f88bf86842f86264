// SPDX-License-Identifier: MIT

//! The algorithms and their names.

use std::fmt;
use std::str::FromStr;

use libloop_sys as sys;

use crate::{Code, Error};

/// Writes an enum with its numbers and its names from one list.
macro_rules! named {
    (
        $(#[$doc:meta])* $what:literal $enum:ident {
            $($(#[$item_doc:meta])* $name:ident = $raw:ident, $text:literal;)*
        }
    ) => {
        $(#[$doc])*
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum {
            $($(#[$item_doc])* $name,)*
        }

        impl $enum {
            /// Every one, in the order of the header.
            pub const ALL: &'static [$enum] = &[$($enum::$name),*];

            /// Its name, which [`str::parse`] takes in any case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $($enum::$name => $text,)*
                }
            }

            pub(crate) fn raw(self) -> u32 {
                match self {
                    $($enum::$name => sys::$raw,)*
                }
            }
        }

        impl fmt::Display for $enum {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $enum {
            type Err = Error;

            fn from_str(name: &str) -> Result<$enum, Error> {
                let found = $enum::ALL.iter().find(|it| it.name().eq_ignore_ascii_case(name));
                found.copied().ok_or_else(|| {
                    Error::new(Code::Invalid, format!(concat!($what, " {:?}"), name))
                })
            }
        }
    };
}

named! {
    /// A hash function. The names are Node's, where Node has it.
    "hash" Hash {
        /// SHA-224.
        Sha224 = LOOP_HASH_SHA224, "sha224";
        /// SHA-256.
        Sha256 = LOOP_HASH_SHA256, "sha256";
        /// SHA-384.
        Sha384 = LOOP_HASH_SHA384, "sha384";
        /// SHA-512.
        Sha512 = LOOP_HASH_SHA512, "sha512";
        /// SHA-512/256.
        Sha512_256 = LOOP_HASH_SHA512_256, "sha512-256";
        /// SHA3-224.
        Sha3_224 = LOOP_HASH_SHA3_224, "sha3-224";
        /// SHA3-256.
        Sha3_256 = LOOP_HASH_SHA3_256, "sha3-256";
        /// SHA3-384.
        Sha3_384 = LOOP_HASH_SHA3_384, "sha3-384";
        /// SHA3-512.
        Sha3_512 = LOOP_HASH_SHA3_512, "sha3-512";
        /// BLAKE2b with 256 bits.
        Blake2b256 = LOOP_HASH_BLAKE2B_256, "blake2b256";
        /// BLAKE2b with 384 bits.
        Blake2b384 = LOOP_HASH_BLAKE2B_384, "blake2b384";
        /// BLAKE2b with 512 bits.
        Blake2b512 = LOOP_HASH_BLAKE2B_512, "blake2b512";
        /// BLAKE2s with 256 bits.
        Blake2s256 = LOOP_HASH_BLAKE2S_256, "blake2s256";
        /// SHA-1: broken, for old data.
        Sha1 = LOOP_HASH_SHA1, "sha1";
        /// MD5: broken, for old data.
        Md5 = LOOP_HASH_MD5, "md5";
    }
}

named! {
    /// A cipher that encrypts and authenticates. The names are Node's, where Node has it.
    "cipher" Cipher {
        /// AES-GCM with a key of 16 bytes and a nonce of 12 (1 to 128 are taken).
        Aes128Gcm = LOOP_CIPHER_AES_128_GCM, "aes-128-gcm";
        /// AES-GCM with a key of 24 bytes and a nonce of 12 (1 to 128 are taken).
        Aes192Gcm = LOOP_CIPHER_AES_192_GCM, "aes-192-gcm";
        /// AES-GCM with a key of 32 bytes and a nonce of 12 (1 to 128 are taken).
        Aes256Gcm = LOOP_CIPHER_AES_256_GCM, "aes-256-gcm";
        /// ChaCha20-Poly1305 with a key of 32 bytes and a nonce of 12.
        ChaCha20Poly1305 = LOOP_CIPHER_CHACHA20_POLY1305, "chacha20-poly1305";
        /// XChaCha20-Poly1305 with a key of 32 bytes and a nonce of 24.
        XChaCha20Poly1305 = LOOP_CIPHER_XCHACHA20_POLY1305, "xchacha20-poly1305";
    }
}

named! {
    /// A kind of keys.
    "kind" KeyKind {
        /// Ed25519, to sign.
        Ed25519 = LOOP_KEY_ED25519, "ed25519";
        /// P-256, to sign with ECDSA.
        P256 = LOOP_KEY_P256, "p-256";
        /// P-384, to sign with ECDSA.
        P384 = LOOP_KEY_P384, "p-384";
        /// P-521, to sign with ECDSA.
        P521 = LOOP_KEY_P521, "p-521";
        /// X25519, to agree on a secret.
        X25519 = LOOP_KEY_X25519, "x25519";
    }
}

/// The form in which keys come out. Every form goes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KeyFormat {
    /// PKCS#8 and SPKI in DER.
    #[default]
    Der,
    /// The same as PEM text.
    Pem,
    /// 32 bytes, of Ed25519 and X25519.
    Raw,
}

impl KeyFormat {
    pub(crate) fn flags(self) -> u32 {
        match self {
            KeyFormat::Der => 0,
            KeyFormat::Pem => sys::LOOP_CRYPTO_PEM,
            KeyFormat::Raw => sys::LOOP_CRYPTO_RAW,
        }
    }
}

/// What scrypt costs. The default is Node's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrypt {
    /// N, a power of 2.
    pub cost: u64,
    /// r.
    pub block_size: u64,
    /// p.
    pub parallelism: u64,
    /// Bytes; needing more (128 * r * (N + p + 2)) is [`Code::TooBig`].
    pub max_memory: u64,
}

impl Default for Scrypt {
    fn default() -> Scrypt {
        Scrypt { cost: 16384, block_size: 8, parallelism: 1, max_memory: 32 << 20 }
    }
}

/// What Argon2id costs. The default is RFC 9106's second choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2id {
    /// How often the memory is gone through.
    pub passes: u64,
    /// KiB of memory, at least 8 for each lane.
    pub memory_kib: u64,
    /// Lanes, 1 to 255.
    pub lanes: u64,
    /// Bytes; needing more is [`Code::TooBig`].
    pub max_memory: u64,
}

impl Default for Argon2id {
    fn default() -> Argon2id {
        Argon2id { passes: 3, memory_kib: 65536, lanes: 4, max_memory: 256 << 20 }
    }
}
