package io.apexstore.engine.codec;

/**
 * Seals and opens the payloads of one file's blocks. It stands between compression and checksum,
 * and is bound to a file: an authenticating cipher derives its key from the file's header.
 *
 * <p>A block is identified by its ordinal, which no other block of the file has; a cipher that
 * needs a nonce makes it of the ordinal. The associated data binds the payload to its place: store,
 * file, offset, ordinal, block type, compression and the length before compression (see {@link
 * BlockFormat}).
 *
 * <p><b>Threads:</b> any; implementations keep no state between calls that another call could see.
 */
public interface BlockCipher {
  /** The cipher of a file that is not encrypted: payloads stay as they are. */
  BlockCipher NONE =
      new BlockCipher() {
        @Override
        public int overheadBytes() {
          return 0;
        }

        @Override
        public int seal(long ordinal, byte[] associated, byte[] data, int offset, int length) {
          return length;
        }

        @Override
        public int open(long ordinal, byte[] associated, byte[] data, int offset, int length) {
          return length;
        }
      };

  /** Returns how many bytes a sealed payload is longer than an open one. */
  int overheadBytes();

  /**
   * Seals a payload in place; the array has room for {@link #overheadBytes()} more.
   *
   * @param ordinal the block's number in its file
   * @param associated bytes that the seal covers but does not contain
   * @return the sealed payload's length in bytes
   */
  int seal(long ordinal, byte[] associated, byte[] data, int offset, int length);

  /**
   * Opens a payload in place.
   *
   * @param ordinal the block's number in its file
   * @param associated bytes that the seal covers but does not contain
   * @return the open payload's length in bytes; negative if the seal does not hold
   */
  int open(long ordinal, byte[] associated, byte[] data, int offset, int length);
}
