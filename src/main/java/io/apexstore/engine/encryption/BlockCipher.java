package io.apexstore.engine.encryption;

import java.nio.ByteBuffer;

/**
 * The cipher of one file: seals and opens the file's parts, after compression and before the
 * checksum. Its key is derived from the file's header; see {@link FileCipherKeys}.
 *
 * <p>A part is identified by its ordinal, which no other part of the file has and which the nonce
 * is made from. The associated data binds the part to its position: store, file, offset, ordinal,
 * type and lengths (see {@link io.apexstore.engine.codec.BlockFormat}). Source and target must be
 * the same range of the same array, or must not overlap.
 *
 * <p><b>Threads:</b> any; each caller passes an {@link AesGcm} of its own.
 */
public interface BlockCipher {
  /** The ordinal of a file's footer, which locates all other parts. */
  long FOOTER_ORDINAL = -1;

  /** The cipher of a file that is not encrypted: copies bytes unchanged. */
  BlockCipher NONE =
      new BlockCipher() {
        @Override
        public int overheadBytes() {
          return 0;
        }

        @Override
        public int seal(
            AesGcm gcm,
            long ordinal,
            byte[] associated,
            int associatedOffset,
            int associatedLength,
            byte[] source,
            int offset,
            int length,
            byte[] target,
            int targetOffset) {
          return copy(source, offset, length, target, targetOffset);
        }

        @Override
        public int seal(
            AesGcm gcm,
            long ordinal,
            byte[] associated,
            int associatedOffset,
            int associatedLength,
            ByteBuffer target) {
          return target.remaining();
        }

        @Override
        public int open(
            AesGcm gcm,
            long ordinal,
            byte[] associated,
            int associatedOffset,
            int associatedLength,
            byte[] source,
            int offset,
            int length,
            byte[] target,
            int targetOffset) {
          return copy(source, offset, length, target, targetOffset);
        }

        @Override
        public int open(
            AesGcm gcm,
            long ordinal,
            byte[] associated,
            int associatedOffset,
            int associatedLength,
            ByteBuffer sealed) {
          return sealed.remaining();
        }

        @SuppressWarnings("ReferenceEquality") // Compares array identity on purpose.
        private static int copy(
            byte[] source, int offset, int length, byte[] target, int targetOffset) {
          if (source != target) {
            System.arraycopy(source, offset, target, targetOffset, length);
          }
          return length;
        }
      };

  /** Returns the number of bytes by which sealing lengthens the plaintext. */
  int overheadBytes();

  /**
   * Seals bytes. The target needs room for {@link #overheadBytes()} more bytes than the source.
   *
   * @param ordinal the part's number in its file
   * @param associated the array with the associated data, which the seal covers but the result does
   *     not contain
   * @return the length of the sealed bytes
   */
  int seal(
      AesGcm gcm,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      byte[] source,
      int offset,
      int length,
      byte[] target,
      int targetOffset);

  /**
   * Seals bytes in place, as the other {@code seal} does. They may be outside the heap.
   *
   * @param target from its position to its limit, neither of which changes: the bytes, then {@link
   *     #overheadBytes()} bytes of room
   * @return the length of the sealed bytes
   */
  int seal(
      AesGcm gcm,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      ByteBuffer target);

  /**
   * Opens sealed bytes.
   *
   * @param ordinal the part's number in its file
   * @param associated the array with the associated data that was passed to {@link #seal}
   * @return the length of the plaintext in bytes; negative if the seal is broken
   */
  int open(
      AesGcm gcm,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      byte[] source,
      int offset,
      int length,
      byte[] target,
      int targetOffset);

  /**
   * Opens sealed bytes in place, as the other {@code open} does. They may be outside the heap.
   *
   * @param sealed from its position to its limit, neither of which changes
   * @return the length of the plaintext in bytes; negative if the seal is broken
   */
  int open(
      AesGcm gcm,
      long ordinal,
      byte[] associated,
      int associatedOffset,
      int associatedLength,
      ByteBuffer sealed);
}
