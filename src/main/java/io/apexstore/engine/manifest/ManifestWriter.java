package io.apexstore.engine.manifest;

import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.IoFailures;
import io.apexstore.engine.io.RetryableIoException;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.util.UUID;

/**
 * A writer of one manifest. The first edit contains the whole initial state.
 *
 * <p><b>Threads:</b> one at a time. <b>Invariants:</b> an edit is written only after the preceding
 * edit was synced and its end mark was written. After a failed write or sync, nothing more is
 * written to the file.
 */
public final class ManifestWriter implements AutoCloseable {
  private static final Logger LOG = SafeLogger.of(ManifestWriter.class);

  private final FileHeader header;
  private final AppendFile file;
  private final BlockCipher cipher;
  private long ordinal;
  private boolean usable = true;

  private ManifestWriter(FileHeader header, BlockCipher cipher, AppendFile file) {
    this.header = header;
    this.cipher = cipher;
    this.file = file;
  }

  /**
   * Replaces the manifest of a store that is not encrypted; see {@link #replace(Storage, UUID,
   * long, StoreState, FileCipherKeys)}.
   */
  public static ManifestWriter replace(Storage storage, UUID storeId, long fileId, StoreState state)
      throws IOException {
    return replace(storage, storeId, fileId, state, FileCipherKeys.NONE);
  }

  /**
   * Replaces the manifest with a new one that begins with the given state. The new file is written
   * and synced, then renamed, then the directory is synced.
   *
   * @throws NotReplacedException if the old manifest is still in place, unchanged
   * @throws IOException if it is unknown which of the two is in place after a crash; both contain
   *     the same state, so nothing is lost, but neither may be written to
   */
  public static ManifestWriter replace(
      Storage storage, UUID storeId, long fileId, StoreState state, FileCipherKeys fileKeys)
      throws IOException {
    ManifestWriter writer;
    try {
      writer = write(storage, storeId, fileId, state, fileKeys);
    } catch (IOException e) {
      throw new NotReplacedException(e);
    }
    try {
      storage.rename(FileNames.MANIFEST_TEMPORARY, FileNames.MANIFEST);
      storage.syncDirectory();
      return writer;
    } catch (IOException e) {
      closeAfter(e, writer.file);
      throw e;
    }
  }

  private static ManifestWriter write(
      Storage storage, UUID storeId, long fileId, StoreState state, FileCipherKeys fileKeys)
      throws IOException {
    AppendFile file = createTemporary(storage);
    try {
      FileHeader header =
          fileKeys.newHeader(FileType.MANIFEST, ManifestFormat.VERSION, storeId, fileId);
      BlockCipher cipher = fileKeys.cipher(header, FileNames.MANIFEST);
      ManifestWriter writer = new ManifestWriter(header, cipher, file);
      file.append(ByteBuffer.wrap(header.encode()));
      writer.appendAndSync(state.toEdit());
      writer.appendEndMark();
      return writer;
    } catch (IOException e) {
      closeAfter(e, file);
      try {
        storage.delete(FileNames.MANIFEST_TEMPORARY);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /**
   * Appends an edit and makes it durable.
   *
   * @throws RetryableIoException if the write was refused, for example because the disk is full:
   *     the edit is not in the manifest, and the file must be replaced before another edit is
   *     appended
   * @throws IOException if the sync failed: it is unknown whether the edit survives a crash, and
   *     the file is never written or synced again
   */
  public void append(VersionEdit edit) throws IOException {
    if (!usable) {
      throw new IOException(FileNames.MANIFEST + ": an earlier write or sync failed");
    }
    usable = false;
    appendAndSync(edit);
    try {
      appendEndMark();
      usable = true;
    } catch (IOException e) {
      // The edit is durable, but nothing may be written after half an end mark.
      LOG.log(Level.DEBUG, "no end mark could be written; the next edit starts a new MANIFEST", e);
    }
  }

  private void appendAndSync(VersionEdit edit) throws IOException {
    byte[] payload = VersionEditCodec.encode(edit);
    byte[] bytes = ManifestFormat.edit(header, cipher, ordinal, file.size(), payload);
    ordinal++; // Even if the edit fails: the ordinal has been used.
    file.append(ByteBuffer.wrap(bytes));
    file.sync();
  }

  private void appendEndMark() throws IOException {
    file.append(ByteBuffer.wrap(ManifestFormat.done(header, file.size())));
  }

  /** Returns the file's header. */
  public FileHeader header() {
    return header;
  }

  /** Returns whether another edit may be appended. */
  public boolean isUsable() {
    return usable;
  }

  /** Returns the number of bytes written so far. */
  public long size() {
    return file.size();
  }

  /** Closes the file; every edit is durable already. */
  @Override
  public void close() throws IOException {
    usable = false;
    file.close();
  }

  private static AppendFile createTemporary(Storage storage) throws IOException {
    try {
      return storage.create(FileNames.MANIFEST_TEMPORARY);
    } catch (FileAlreadyExistsException e) {
      storage.delete(FileNames.MANIFEST_TEMPORARY);
      return storage.create(FileNames.MANIFEST_TEMPORARY);
    }
  }

  private static void closeAfter(IOException failure, AppendFile file) {
    try {
      file.close();
    } catch (IOException suppressed) {
      failure.addSuppressed(suppressed);
    }
  }

  /** Thrown when a new manifest could not be written and the old one is still in place. */
  public static final class NotReplacedException extends IOException {
    private static final long serialVersionUID = 1L;

    NotReplacedException(IOException cause) {
      super("no new " + FileNames.MANIFEST + " could be written: " + cause.getMessage(), cause);
    }

    /** Returns whether and when another attempt makes sense. */
    public Failure failure() {
      return getCause() instanceof IOException e ? IoFailures.of(e) : Failure.STORAGE_FAILED;
    }
  }
}
