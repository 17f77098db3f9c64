package io.apexstore.engine.version;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a test.
 *
 * @param key ASCII
 * @param version the entry's version
 * @param value ASCII, null for a tombstone
 */
public record Entry(String key, long version, @Nullable String value) implements Comparable<Entry> {
  /** The key's bytes. */
  public byte[] keyBytes() {
    return key.getBytes(StandardCharsets.US_ASCII);
  }

  /** The value's bytes, none for a tombstone. */
  public byte[] valueBytes() {
    String text = value;
    return text == null ? new byte[0] : text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The order of tables: ascending keys, the newest version of a key first. */
  @Override
  public int compareTo(Entry other) {
    int order = key.compareTo(other.key);
    return order != 0 ? order : Long.compare(other.version, version);
  }
}
