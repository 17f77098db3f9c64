package io.apexstore.engine.manifest;

import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.DiskFullException;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.util.UUID;

/**
 * Writes one manifest, from the state it begins with on.
 *
 * <p><b>Threads:</b> one at a time. <b>Invariants:</b> an edit is written only after the one before
 * it was synced and marked; after a failed write or sync nothing more is written to the file.
 */
public final class ManifestWriter implements AutoCloseable {
  private static final Logger LOG = System.getLogger(ManifestWriter.class.getName());

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

  /** Like {@link #replace(Storage, UUID, long, StoreState, FileKeys)}, not encrypted. */
  public static ManifestWriter replace(Storage storage, UUID storeId, long fileId, StoreState state)
      throws IOException {
    return replace(storage, storeId, fileId, state, FileCipherKeys.NONE);
  }

  /**
   * Writes a manifest that begins with the given state and puts it in the place of the one there
   * is: file written, file synced, renamed, directory synced.
   *
   * @throws NotReplacedException if the old manifest still stands, untouched
   * @throws IOException if it is not known which of the two stands after a crash; both say the
   *     same, so nothing is lost, but neither may be written to
   */
  public static ManifestWriter replace(
      Storage storage, UUID storeId, long fileId, StoreState state, FileCipherKeys keys)
      throws IOException {
    ManifestWriter writer;
    try {
      writer = write(storage, storeId, fileId, state, keys);
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
      Storage storage, UUID storeId, long fileId, StoreState state, FileCipherKeys keys)
      throws IOException {
    AppendFile file = createAnew(storage, FileNames.MANIFEST_TEMPORARY);
    try {
      FileHeader header =
          keys.newHeader(FileType.MANIFEST, ManifestFormat.VERSION, storeId, fileId);
      BlockCipher cipher = keys.cipher(header, FileNames.MANIFEST);
      ManifestWriter writer = new ManifestWriter(header, cipher, file);
      file.append(ByteBuffer.wrap(header.encode()));
      writer.appendAndSync(state.toEdit());
      writer.markDone();
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
   * @throws DiskFullException if there was no room: the edit does not hold, and the file must be
   *     replaced before another is appended
   * @throws IOException if the write or the sync failed: whether the edit holds after a crash is
   *     not known, and the file is never written or synced again
   */
  public void append(VersionEdit edit) throws IOException {
    if (!usable) {
      throw new IOException(FileNames.MANIFEST + ": an earlier write or sync failed");
    }
    usable = false;
    appendAndSync(edit);
    try {
      markDone();
      usable = true;
    } catch (IOException e) {
      // The edit holds all the same, but nothing may follow half a mark.
      LOG.log(Level.DEBUG, "an edit could not be marked; the next one begins a new MANIFEST", e);
    }
  }

  private void appendAndSync(VersionEdit edit) throws IOException {
    byte[] payload = VersionEditCodec.encode(edit);
    byte[] bytes = ManifestFormat.edit(header, cipher, ordinal, file.size(), payload);
    ordinal++; // Used up, whatever becomes of the edit.
    file.append(ByteBuffer.wrap(bytes));
    file.sync();
  }

  private void markDone() throws IOException {
    file.append(ByteBuffer.wrap(ManifestFormat.done(header, file.size())));
  }

  /** The file's header. */
  public FileHeader header() {
    return header;
  }

  /** Whether another edit may be appended. */
  public boolean isUsable() {
    return usable;
  }

  /** Bytes written so far. */
  public long size() {
    return file.size();
  }

  /** Closes the file; every edit is durable already. */
  @Override
  public void close() throws IOException {
    usable = false;
    file.close();
  }

  private static AppendFile createAnew(Storage storage, String name) throws IOException {
    try {
      return storage.create(name);
    } catch (FileAlreadyExistsException e) {
      storage.delete(name);
      return storage.create(name);
    }
  }

  private static void closeAfter(IOException failure, AppendFile file) {
    try {
      file.close();
    } catch (IOException suppressed) {
      failure.addSuppressed(suppressed);
    }
  }

  /** A manifest could not be written, and the one before it still stands. */
  public static final class NotReplacedException extends IOException {
    private static final long serialVersionUID = 1L;

    NotReplacedException(IOException cause) {
      super("no new " + FileNames.MANIFEST + " could be written: " + cause.getMessage(), cause);
    }

    /** Whether there was no room for it. */
    public boolean isDiskFull() {
      return getCause() instanceof DiskFullException;
    }
  }
}
