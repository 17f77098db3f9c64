package io.apexstore.engine.codec;

/**
 * The bytes of one block in an array that is used again and again.
 *
 * <p>At least {@value #SLACK_BYTES} bytes of the array lie behind the block, so that readers may
 * load whole words at its end.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class BlockBuffer {
  /** How many bytes of the array are never part of the block. */
  public static final int SLACK_BYTES = 32;

  /** An array longer than this is given up when the buffer is trimmed. */
  private static final int KEPT_BYTES_MAX = 1 << 20;

  private static final int INITIAL_BYTES = 8 << 10;

  private byte[] array = new byte[INITIAL_BYTES];
  private int length;

  /** Makes an empty buffer. */
  public BlockBuffer() {}

  /** The array; only the first {@link #length()} bytes count. Changes when the buffer grows. */
  public byte[] array() {
    return array;
  }

  /** The block's length in bytes. */
  public int length() {
    return length;
  }

  /** Shortens the block. */
  void shorten(int newLength) {
    length = newLength;
  }

  /** Makes a block the buffer's own by copying it. */
  public void set(byte[] source, int from, int newLength) {
    System.arraycopy(source, from, reset(newLength), 0, newLength);
  }

  /**
   * Makes room for a block and sets its length; what the array held is lost.
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

  /** Gives this buffer what another holds, and that one the array of this. */
  void takeFrom(BlockBuffer other) {
    byte[] own = array;
    array = other.array;
    length = other.length;
    other.array = own;
    other.length = 0;
  }

  /** Empties the buffer and gives an unusually long array up. */
  public void trim() {
    length = 0;
    if (array.length > KEPT_BYTES_MAX) {
      array = new byte[INITIAL_BYTES];
    }
  }
}
