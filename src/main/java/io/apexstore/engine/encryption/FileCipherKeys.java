package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileType;
import java.util.UUID;

/**
 * The source of file headers and ciphers for the files of one store. In an encrypted store, file
 * keys are derived from the store's data keys ({@link DataKeys}); otherwise nothing is encrypted
 * ({@link #NONE}).
 *
 * <p><b>Threads:</b> any.
 */
public interface FileCipherKeys {
  /** The source for a store that is not encrypted. */
  FileCipherKeys NONE =
      new FileCipherKeys() {
        @Override
        public int overheadBytes() {
          return 0;
        }

        @Override
        public FileHeader newHeader(FileType type, int formatVersion, UUID storeId, long fileId) {
          return FileHeader.plain(type, formatVersion, storeId, fileId);
        }

        @Override
        public BlockCipher cipher(FileHeader header, String name) {
          if (header.isEncrypted()) {
            throw new EngineException(
                Failure.KEY_UNAVAILABLE,
                name
                    + " is encrypted with data key epoch "
                    + header.dataKeyEpoch()
                    + ", and no key-encryption key was given");
          }
          return BlockCipher.NONE;
        }

        @Override
        public EncryptionTag encryptionTag(long fileId) {
          return EncryptionTag.NONE;
        }

        @Override
        public void release(long fileId) {}

        @Override
        public long generation() {
          return 0;
        }
      };

  /** Returns the number of bytes by which sealing lengthens the plaintext. */
  int overheadBytes();

  /**
   * Returns the header of a new file, with a new salt. The data key that it names is kept at least
   * until {@link #release} is called for the file.
   */
  FileHeader newHeader(FileType type, int formatVersion, UUID storeId, long fileId);

  /**
   * Returns the cipher that seals and opens the file's blocks.
   *
   * @param name the file's name, for messages
   * @throws EngineException {@code CORRUPTION} if the file's data key is not one of the store's, or
   *     if the file is not encrypted although the store is; {@code KEY_UNAVAILABLE} if the file is
   *     encrypted and the store was opened without a key-encryption key
   */
  BlockCipher cipher(FileHeader header, String name);

  /**
   * Returns the tag of a file, for the manifest. Its header was created by {@link #newHeader} and
   * has not been released.
   */
  EncryptionTag encryptionTag(long fileId);

  /**
   * Releases the hold on a new file's data key: the manifest names the file now, or the file was
   * abandoned.
   */
  void release(long fileId);

  /**
   * Returns the generation of {@code KEYS}, which grows each time the file is replaced; 0 if the
   * store is not encrypted.
   */
  long generation();
}
