package io.apexstore.engine.sstable;

import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.sstable.TableFixture.Entry;
import io.apexstore.options.Compression;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** Generators of random entries of several kinds, in a table's order. */
enum EntryGenerator {
  /** Short keys of two letters: many are prefixes of others, zeros at their ends. */
  TIES {
    @Override
    byte[] key(Random random) {
      byte[] key = new byte[1 + random.nextInt(14)];
      for (int i = 0; i < key.length; i++) {
        key[i] = (byte) (random.nextInt(3) == 0 ? 0 : random.nextInt(4) == 0 ? 0xFF : 'a');
      }
      return key;
    }
  },
  /** Numbers after a common beginning that is longer than a key prefix. */
  NUMBERED {
    @Override
    byte[] key(Random random) {
      return "user/account/%08d"
          .formatted(random.nextInt(5000))
          .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }
  },
  /** Keys of eight random bytes. */
  BINARY {
    @Override
    byte[] key(Random random) {
      return ByteBuffer.allocate(8).putLong(random.nextLong()).array();
    }
  },
  /** Keys of all lengths, some of the greatest length. */
  LONG {
    @Override
    byte[] key(Random random) {
      int length = 1 + (random.nextInt(8) == 0 ? random.nextInt(65536) : random.nextInt(700));
      byte[] key = new byte[length];
      Arrays.fill(key, (byte) 'k');
      for (int i = 0; i < 3; i++) {
        key[random.nextInt(length)] = (byte) random.nextInt(256);
      }
      return key;
    }

    @Override
    int keyCount(Random random) {
      return 1 + random.nextInt(60);
    }
  },
  /** A few keys of many versions. */
  VERSIONED {
    @Override
    byte[] key(Random random) {
      return new byte[] {'v', (byte) random.nextInt(10)};
    }

    @Override
    int versionCount(Random random) {
      return 1 + random.nextInt(200);
    }
  };

  static final long VERSIONS = 1000;

  abstract byte[] key(Random random);

  int keyCount(Random random) {
    return 1 + random.nextInt(random.nextInt(5) == 0 ? 2000 : 300);
  }

  int versionCount(Random random) {
    return random.nextInt(4) == 0 ? 1 + random.nextInt(4) : 1;
  }

  static TableOptions options(Random random) {
    int blockBytes = 256 << random.nextInt(6);
    int interval = 1 + random.nextInt(random.nextBoolean() ? 4 : 40);
    Compression compression = random.nextBoolean() ? Compression.LZ4 : Compression.NONE;
    double bits = random.nextInt(4) == 0 ? 0 : 10.75;
    return new TableOptions(blockBytes, interval, compression, bits);
  }

  List<Entry> entries(Random random) {
    TreeMap<byte[], Integer> keys = new TreeMap<>(Arrays::compareUnsigned);
    int count = keyCount(random);
    for (int i = 0; i < count; i++) {
      keys.put(key(random), versionCount(random));
    }
    boolean huge = random.nextInt(20) == 0;
    List<Entry> entries = new ArrayList<>();
    keys.forEach(
        (key, versions) -> {
          long[] chosen = random.longs(0, VERSIONS).distinct().limit(versions).sorted().toArray();
          for (int i = chosen.length - 1; i >= 0; i--) {
            entries.add(entry(random, key, chosen[i], huge));
          }
        });
    return entries;
  }

  private static Entry entry(Random random, byte[] key, long version, boolean huge) {
    if (random.nextInt(5) == 0) {
      return new Entry(key, version, ValueKind.DELETE, 0, new byte[0]);
    }
    int bound = huge && random.nextInt(50) == 0 ? 1 << 20 : random.nextInt(10) == 0 ? 9000 : 150;
    byte[] value = new byte[random.nextInt(bound)];
    if (random.nextBoolean()) {
      random.nextBytes(value);
    }
    long expiryMs = random.nextInt(10) == 0 ? 1 + random.nextLong(Long.MAX_VALUE - 1) : 0;
    return new Entry(key, version, ValueKind.PUT, expiryMs, value);
  }

  /** Returns a key to look up: one in the table, one like it, or any. */
  byte[] probe(Random random, List<Entry> entries) {
    byte[] there = entries.get(random.nextInt(entries.size())).key();
    return switch (random.nextInt(5)) {
      case 0 -> there;
      case 1 -> there.length < 65536 ? Arrays.copyOf(there, there.length + 1) : there;
      case 2 -> there.length > 1 ? Arrays.copyOf(there, there.length - 1) : there;
      case 3 -> {
        byte[] other = there.clone();
        other[random.nextInt(other.length)] += (byte) (random.nextBoolean() ? 1 : -1);
        yield other;
      }
      default -> key(random);
    };
  }
}
