package io.apexstore.engine.encryption;

/**
 * Seals and opens the parts of one file. It stands between compression and checksum, and is bound
 * to a file: its key is derived from the file's header, see {@link FileCipherKeys}.
 *
 * <p>A part is identified by its ordinal, which no other part of the file has; the nonce is made of
 * it. The associated data binds the part to its place: store, file, offset, ordinal, type and
 * lengths (see {@link io.apexstore.engine.codec.BlockFormat}). Source and target may be the same
 * place of the same array, or must not overlap.
 *
 * <p><b>Threads:</b> any; the caller brings the {@link AesGcm} that does the work, which is its
 * own.
 */
public interface BlockCipher {
  /** The ordinal of what ends a file and says where everything is. */
  long FOOTER_ORDINAL = -1;

  /** The cipher of a file that is not encrypted: bytes stay as they are. */
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

        @SuppressWarnings("ReferenceEquality") // The question is whether it is the very same array.
        private static int copy(
            byte[] source, int offset, int length, byte[] target, int targetOffset) {
          if (source != target) {
            System.arraycopy(source, offset, target, targetOffset, length);
          }
          return length;
        }
      };

  /** Returns how many bytes a sealed text is longer than an open one. */
  int overheadBytes();

  /**
   * Seals bytes; the target has room for {@link #overheadBytes()} more.
   *
   * @param ordinal the part's number in its file
   * @param associated holds bytes that the seal covers but does not contain
   * @return the sealed text's length in bytes
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
   * Opens sealed bytes.
   *
   * @param ordinal the part's number in its file
   * @param associated holds bytes that the seal covers but does not contain
   * @return the open text's length in bytes; negative if the seal does not hold
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
}
