package io.apexstore.engine.codec;

import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import java.util.UUID;

/**
 * The file that blocks belong to, as far as their envelope needs to know it.
 *
 * @param name the file's name, for messages
 * @param storeId the store the file belongs to
 * @param fileId number of the file, never used again in the store
 * @param cipher what its payloads are sealed with
 */
public record BlockFile(String name, UUID storeId, long fileId, BlockCipher cipher) {
  /** Returns the file that a header describes. */
  public static BlockFile of(String name, FileHeader header, FileCipherKeys keys) {
    return new BlockFile(name, header.storeId(), header.fileId(), keys.cipher(header, name));
  }
}
