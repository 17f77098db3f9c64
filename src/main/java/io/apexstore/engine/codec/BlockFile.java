package io.apexstore.engine.codec;

import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import java.util.UUID;

/**
 * The properties of a file that encoding and decoding its blocks requires.
 *
 * @param name the file's name, for messages
 * @param storeId the store that the file belongs to
 * @param fileId number of the file, never used again in the store
 * @param cipher the cipher of the file
 */
public record BlockFile(String name, UUID storeId, long fileId, BlockCipher cipher) {
  /** Returns the properties of the file with this header. */
  public static BlockFile of(String name, FileHeader header, FileCipherKeys fileKeys) {
    return new BlockFile(name, header.storeId(), header.fileId(), fileKeys.cipher(header, name));
  }
}
