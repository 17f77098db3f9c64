package io.apexstore.engine.codec;

/**
 * A reusable array that contains the bytes of one block.
 *
 * <p>The array has at least {@value #SLACK_BYTES} bytes after the block, so that readers may load
 * whole words at its end.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class BlockBuffer {
  /** Minimum number of bytes in the array after the block. */
  public static final int SLACK_BYTES = 32;

  /** {@link #trim} releases an array longer than this. */
  private static final int KEPT_BYTES_MAX = 1 << 20;

  private static final int INITIAL_BYTES = 8 << 10;

  private byte[] array = new byte[INITIAL_BYTES];
  private int length;

  /** Creates an empty buffer. */
  public BlockBuffer() {}

  /**
   * Returns the array. The block is its first {@link #length()} bytes. A buffer that grows gets
   * another array.
   */
  public byte[] array() {
    return array;
  }

  /** Returns the block's length in bytes. */
  public int length() {
    return length;
  }

  /** Shortens the block. */
  void shorten(int newLength) {
    length = newLength;
  }

  /** Sets the block to a copy of bytes. */
  public void set(byte[] source, int from, int newLength) {
    System.arraycopy(source, from, reset(newLength), 0, newLength);
  }

  /**
   * Sets the block's length and makes room for it. The content is undefined.
   *
   * @return the array
   */
  public byte[] reset(int newLength) {
    if (array.length - SLACK_BYTES < newLength) {
      int wanted = Math.addExact(newLength, SLACK_BYTES);
      array = new byte[wanted > KEPT_BYTES_MAX ? wanted : Integer.highestOneBit(wanted) << 1];
    }
    length = newLength;
    return array;
  }

  /** Moves the block of another buffer into this one; the other one is empty afterwards. */
  void moveFrom(BlockBuffer other) {
    byte[] own = array;
    array = other.array;
    length = other.length;
    other.array = own;
    other.length = 0;
  }

  /** Empties the buffer and releases an unusually long array. */
  public void trim() {
    length = 0;
    if (array.length > KEPT_BYTES_MAX) {
      array = new byte[INITIAL_BYTES];
    }
  }
}
