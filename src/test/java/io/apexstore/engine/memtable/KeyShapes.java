package io.apexstore.engine.memtable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** Generators of keys that are hard for a tree that compares eight bytes first. */
enum KeyShapes {
  /** Any bytes, 1 to 24 of them. */
  ANY {
    @Override
    byte[] next(SplittableRandom random) {
      byte[] key = new byte[1 + random.nextInt(24)];
      random.nextBytes(key);
      return key;
    }
  },
  /** Few different bytes, among them 0 and 255: prefixes of each other, padding that ties. */
  CROWDED {
    @Override
    byte[] next(SplittableRandom random) {
      byte[] key = new byte[1 + random.nextInt(12)];
      for (int i = 0; i < key.length; i++) {
        key[i] = (byte) (random.nextInt(3) - 1);
      }
      return key;
    }
  },
  /** Sixteen decimal digits, most of them zeros. */
  NUMBERED {
    @Override
    byte[] next(SplittableRandom random) {
      return "%016d".formatted(random.nextInt(20_000)).getBytes(StandardCharsets.US_ASCII);
    }
  },
  /** A word, a number of any length, a word. */
  TENANTS {
    @Override
    byte[] next(SplittableRandom random) {
      String key =
          "tenant/"
              + "x".repeat(random.nextInt(3) * 7)
              + random.nextInt(30)
              + "/user/"
              + random.nextInt(1000);
      return key.getBytes(StandardCharsets.US_ASCII);
    }
  },
  /** Long shared beginnings of any length. */
  LONG_SHARED {
    @Override
    byte[] next(SplittableRandom random) {
      byte[] key = new byte[1 + random.nextInt(400)];
      if (random.nextInt(3) == 0) {
        key[random.nextInt(key.length)] = (byte) random.nextInt(256);
      }
      key[key.length - 1] = (byte) random.nextInt(4);
      return key;
    }
  },
  /** Big-endian numbers. */
  BINARY {
    @Override
    byte[] next(SplittableRandom random) {
      return ByteBuffer.allocate(16).putLong(1, random.nextInt(5000)).array();
    }
  };

  abstract byte[] next(SplittableRandom random);
}
