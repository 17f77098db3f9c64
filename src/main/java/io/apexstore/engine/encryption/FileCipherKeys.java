package io.apexstore.engine.encryption;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.file.EncryptionTag;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileType;
import java.util.UUID;

/**
 * What the files of a store are sealed with: nothing, or keys derived from the store's data keys.
 * All files of a store are encrypted or none is.
 *
 * <p><b>Threads:</b> any.
 */
public interface FileCipherKeys {
  /** The keys of a store that is not encrypted: there are none. */
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
          if (header.keyId() != FileHeader.NOT_ENCRYPTED) {
            throw new EngineException(
                Failure.KEY_UNAVAILABLE,
                name
                    + " is encrypted with key epoch "
                    + header.keyId()
                    + ", and no key-encryption key was given");
          }
          return BlockCipher.NONE;
        }

        @Override
        public EncryptionTag tagOf(long fileId) {
          return EncryptionTag.NONE;
        }

        @Override
        public void release(long fileId) {}

        @Override
        public long generation() {
          return 0;
        }
      };

  /** Returns how many bytes a sealed text is longer than an open one. */
  int overheadBytes();

  /**
   * Returns the header of a new file, with a salt of its own. Until {@link #release} the key that
   * it names is kept.
   */
  FileHeader newHeader(FileType type, int formatVersion, UUID storeId, long fileId);

  /**
   * Returns what a file's blocks are sealed with.
   *
   * @param name the file's name, for messages
   * @throws EngineException {@code CORRUPTION} if the file is encrypted with a key that the store
   *     does not have, or not at all although the store is; {@code KEY_UNAVAILABLE} if the store
   *     was opened without a key
   */
  BlockCipher cipher(FileHeader header, String name);

  /** Returns what the manifest remembers of a file whose header was made and not released. */
  EncryptionTag tagOf(long fileId);

  /** Says that the manifest names the file now, or that it was given up. */
  void release(long fileId);

  /**
   * Returns the generation of {@code KEYS}, which grows each time it is replaced; 0: there is none.
   */
  long generation();
}
