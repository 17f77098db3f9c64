package io.apexstore.server.http.json;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * A writer of JSON into a byte array. It inserts commas; the caller must end each object and array
 * that it begins.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class JsonOutput {
  /** Long values are encoded in pieces of this many bytes, a multiple of 3. */
  private static final int BASE64_STEP = 3 << 12;

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /**
   * The escape of each byte in a string: 0 for none, 1 for one of six characters, otherwise the
   * letter of an escape of two characters.
   */
  private static final byte[] ESCAPES = new byte[256];

  static {
    Arrays.fill(ESCAPES, 0, 0x20, (byte) 1);
    ESCAPES['"'] = '"';
    ESCAPES['\\'] = '\\';
    ESCAPES['\n'] = 'n';
    ESCAPES['\r'] = 'r';
    ESCAPES['\t'] = 't';
    ESCAPES['\b'] = 'b';
    ESCAPES['\f'] = 'f';
    ESCAPES[0x7F] = 1;
  }

  private static final byte[] NONE = {};

  private byte[] bytes;
  private int length;
  private boolean comma;

  /** Creates an empty output with room for about this many bytes. */
  public JsonOutput(int sizeHint) {
    this.bytes = new byte[Math.max(16, sizeHint)];
  }

  /** Begins an object. */
  public JsonOutput beginObject() {
    separate();
    put('{');
    comma = false;
    return this;
  }

  /** Ends an object. */
  public JsonOutput endObject() {
    put('}');
    comma = true;
    return this;
  }

  /** Begins an array. */
  public JsonOutput beginArray() {
    separate();
    put('[');
    comma = false;
    return this;
  }

  /** Ends an array. */
  public JsonOutput endArray() {
    put(']');
    comma = true;
    return this;
  }

  /** Writes a member's name; a value must follow. */
  public JsonOutput name(String name) {
    string(name);
    put(':');
    comma = false;
    return this;
  }

  /** Writes a string. */
  public JsonOutput string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return string(utf8, 0, utf8.length);
  }

  private JsonOutput string(byte[] utf8, int from, int to) {
    beginText();
    text(utf8, from, to);
    return endText();
  }

  /** Begins a string that is written in parts. */
  JsonOutput beginText() {
    separate();
    put('"');
    return this;
  }

  /** Ends a string that was written in parts. */
  JsonOutput endText() {
    put('"');
    comma = true;
    return this;
  }

  /** Writes a part of a string; it may begin and end within a character. */
  JsonOutput text(byte[] utf8, int from, int to) {
    reserve(to - from + 1);
    int plain = from;
    for (int i = from; i < to; i++) {
      byte escape = ESCAPES[utf8[i] & 0xFF];
      if (escape != 0) {
        append(utf8, plain, i);
        escape(utf8[i], escape);
        plain = i + 1;
      }
    }
    append(utf8, plain, to);
    return this;
  }

  private void escape(byte character, byte escape) {
    reserve(6);
    bytes[length++] = '\\';
    if (escape != 1) {
      bytes[length++] = escape;
      return;
    }
    bytes[length++] = 'u';
    bytes[length++] = '0';
    bytes[length++] = '0';
    bytes[length++] = HEX[character >> 4 & 0xF];
    bytes[length++] = HEX[character & 0xF];
  }

  /**
   * Writes a member whose value is any bytes: as a string under {@code name} if they are UTF-8,
   * otherwise in Base64 under {@code name_base64}.
   */
  public JsonOutput bytes(String name, byte[] value) {
    if (Utf8.isValid(value, 0, value.length)) {
      name(name);
      return string(value, 0, value.length);
    }
    return name(name + "_base64").base64(value);
  }

  private JsonOutput base64(byte[] value) {
    beginText();
    reserve((int) base64Length(value.length) + 1);
    for (int from = 0; from < value.length; from += BASE64_STEP) {
      base64(value, from, Math.min(BASE64_STEP, value.length - from));
    }
    return endText();
  }

  /** Writes a part of a Base64 string; of all parts but the last, a multiple of three bytes. */
  JsonOutput base64(byte[] value, int from, int count) {
    ByteBuffer encoded = Base64.getEncoder().encode(ByteBuffer.wrap(value, from, count));
    append(encoded.array(), 0, encoded.limit());
    return this;
  }

  /** Writes bytes as they are, without a separator: the answer is no JSON. */
  public JsonOutput raw(MemorySegment source, long from, int count) {
    reserve(count);
    MemorySegment.copy(source, ValueLayout.JAVA_BYTE, from, bytes, length, count);
    length += count;
    return this;
  }

  private static long base64Length(int bytes) {
    return (bytes + 2L) / 3 * 4;
  }

  /** Returns the number of bytes that {@link #bytes} writes for a value, without its name. */
  public static long bytesLength(byte[] value) {
    if (!Utf8.isValid(value, 0, value.length)) {
      return base64Length(value.length) + 2;
    }
    long total = value.length + 2L;
    for (byte one : value) {
      byte escape = ESCAPES[one & 0xFF];
      if (escape != 0) {
        total += escape == 1 ? 5 : 1;
      }
    }
    return total;
  }

  /** Writes a whole number. */
  public JsonOutput number(long value) {
    separate();
    if (value >= 0 && value < 10) {
      put('0' + (int) value);
    } else {
      ascii(Long.toString(value));
    }
    comma = true;
    return this;
  }

  /** Writes a number with at most three decimal places, or null for NaN and infinities. */
  public JsonOutput number(double value) {
    separate();
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      ascii("null");
    } else {
      double rounded = Math.rint(value * 1000) / 1000;
      ascii(
          rounded == Math.rint(rounded) && Math.abs(rounded) < 1e15
              ? Long.toString((long) rounded)
              : Double.toString(rounded));
    }
    comma = true;
    return this;
  }

  /** Writes true or false. */
  public JsonOutput bool(boolean value) {
    separate();
    ascii(value ? "true" : "false");
    comma = true;
    return this;
  }

  /** Ends a line of newline-delimited JSON. */
  public JsonOutput endLine() {
    put('\n');
    comma = false;
    return this;
  }

  /** Writes ASCII text as it is, to frame values; no comma is inserted before the next value. */
  public JsonOutput frame(String ascii) {
    ascii(ascii);
    comma = false;
    return this;
  }

  /** Reserves room for this many more bytes, so that the array is not copied while it grows. */
  public JsonOutput ensureRoom(int count) {
    reserve(count);
    return this;
  }

  /** Returns the number of bytes written. */
  public int length() {
    return length;
  }

  /** Returns a copy of the bytes written. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  /** Returns a copy of the bytes written. */
  public Buffer toBuffer() {
    return Buffer.buffer(length).appendBytes(bytes, 0, length);
  }

  /** Returns the bytes written without copying them. The output must not be used afterwards. */
  public Buffer handOver() {
    return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes, 0, length));
  }

  /**
   * Returns the bytes written since the last call, without copying them. The output goes on where
   * it is, with a new array.
   */
  public Buffer take() {
    Buffer taken = handOver();
    bytes = NONE;
    length = 0;
    return taken;
  }

  private void separate() {
    if (comma) {
      put(',');
    }
  }

  private void ascii(String text) {
    int count = text.length();
    reserve(count);
    for (int i = 0; i < count; i++) {
      bytes[length++] = (byte) text.charAt(i);
    }
  }

  private void append(byte[] source, int from, int to) {
    int count = to - from;
    reserve(count);
    System.arraycopy(source, from, bytes, length, count);
    length += count;
  }

  private void put(int character) {
    reserve(1);
    bytes[length++] = (byte) character;
  }

  private void reserve(int count) {
    if (bytes.length - length < count) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
    }
  }
}
