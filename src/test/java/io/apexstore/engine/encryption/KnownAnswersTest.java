package io.apexstore.engine.encryption;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.apexstore.engine.base.EngineException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** The JDK's cryptography, as we use it, against the test vectors of the standards. */
class KnownAnswersTest {
  private static final HexFormat HEX = HexFormat.of();

  /** RFC 5869, test case 1: the first 32 bytes of its output. */
  @Test
  void aDerivedKeyEqualsThatOfTheStandard() {
    byte[] key =
        FileKeyDerivation.aesKey(
                HEX.parseHex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
                HEX.parseHex("000102030405060708090a0b0c"),
                HEX.parseHex("f0f1f2f3f4f5f6f7f8f9"))
            .getEncoded();
    assertEquals(
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf", HEX.formatHex(key));
  }

  /** The GCM specification, test cases 13 and 14: a key and a nonce of zeros. */
  @Test
  void aSealEqualsThatOfTheStandard() {
    AesGcm gcm = new AesGcm();
    SecretKeySpec zeros = new SecretKeySpec(new byte[32], "AES");
    byte[] tag = new byte[16];
    assertEquals(16, gcm.seal(zeros, 0, tag, 0, 0, tag, 0, 0, tag, 0));
    assertEquals("530f8afbc74536b9a963b4f1c4cb738b", HEX.formatHex(tag));
    byte[] sealed = new byte[32];
    assertEquals(32, new AesGcm().seal(zeros, 0, tag, 0, 0, new byte[16], 0, 16, sealed, 0));
    assertEquals(
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919", HEX.formatHex(sealed));
  }

  @Test
  void onlySealedBytesOpen() {
    Random random = new Random(7);
    AesGcm gcm = new AesGcm();
    byte[] keyBytes = new byte[32];
    random.nextBytes(keyBytes);
    SecretKeySpec key = new SecretKeySpec(keyBytes, "AES");
    for (int length : new int[] {0, 1, 15, 16, 17, 100, 4096, 70_000}) {
      byte[] text = new byte[length];
      byte[] associated = new byte[1 + random.nextInt(60)];
      random.nextBytes(text);
      random.nextBytes(associated);
      long ordinal = random.nextLong();
      byte[] sealed = new byte[length + 20];
      assertEquals(
          length + 16,
          gcm.seal(key, ordinal, associated, 0, associated.length, text, 0, length, sealed, 3));
      byte[] apart = new byte[length + 16];
      assertEquals(
          length,
          gcm.open(
              key, ordinal, associated, 0, associated.length, sealed, 3, length + 16, apart, 0));
      assertArrayEquals(text, Arrays.copyOf(apart, length));
      byte[] inPlace = sealed.clone();
      assertEquals(
          length,
          gcm.open(
              key, ordinal, associated, 0, associated.length, inPlace, 3, length + 16, inPlace, 3));
      assertArrayEquals(text, Arrays.copyOfRange(inPlace, 3, 3 + length));

      byte[] changed = sealed.clone();
      changed[3 + random.nextInt(length + 16)] ^= (byte) (1 << random.nextInt(8));
      assertBroken(gcm, key, ordinal, associated, changed, length + 16);
      assertBroken(gcm, key, ordinal + 1, associated, sealed, length + 16);
      assertBroken(gcm, key, ordinal, associated, sealed, length + 15);
      associated[random.nextInt(associated.length)] ^= 1;
      assertBroken(gcm, key, ordinal, associated, sealed, length + 16);
    }
  }

  private static void assertBroken(
      AesGcm gcm, SecretKeySpec key, long ordinal, byte[] associated, byte[] sealed, int length) {
    byte[] target = new byte[length];
    assertEquals(
        AesGcm.BROKEN,
        gcm.open(key, ordinal, associated, 0, associated.length, sealed, 3, length, target, 0));
  }

  @Test
  void aWrappedDataKeyIsBoundToItsContextAndItsKeyEncryptionKey() {
    byte[] dataKey = new byte[32];
    new Random(1).nextBytes(dataKey);
    KeyEncryptionKey key = new KeyEncryptionKey(new byte[32], new SecureRandom());
    byte[] wrapped = key.wrap(dataKey, new byte[] {1});
    assertArrayEquals(dataKey, key.unwrap(wrapped, new byte[] {1}));
    assertThrows(EngineException.class, () -> key.unwrap(wrapped, new byte[] {2}));
    assertThrows(EngineException.class, () -> key.unwrap(new byte[5], new byte[] {1}));
    byte[] other = new byte[32];
    other[0] = 1;
    KeyEncryptionKey another = new KeyEncryptionKey(other, new SecureRandom());
    assertThrows(EngineException.class, () -> another.unwrap(wrapped, new byte[] {1}));
    assertEquals(16, key.id().length());
    assertEquals(key.id(), new KeyEncryptionKey(new byte[32], new SecureRandom()).id());
  }
}
