package io.apexstore.engine.wal;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;

/**
 * A printer of log segments: headers, frames, commits. It needs no manifest, so it also prints
 * segments that the store would not read, and frames past a segment's logical end.
 */
public final class LogDump {
  private final Storage storage;
  private final FileCipherKeys fileKeys;
  private final Appendable out;
  private final boolean withCommits;

  /**
   * Creates a printer.
   *
   * @param fileKeys the source of the segments' ciphers
   * @param out receives the text
   * @param withCommits whether to print a line for each commit in addition to each frame
   */
  public LogDump(Storage storage, FileCipherKeys fileKeys, Appendable out, boolean withCommits) {
    this.storage = storage;
    this.fileKeys = fileKeys;
    this.out = out;
    this.withCommits = withCommits;
  }

  /** Prints every segment in the directory, oldest first. */
  void printAll() throws IOException {
    GroupAssembler group = new GroupAssembler();
    for (String name :
        storage.list().stream()
            .filter(FileNames::isLog)
            .sorted((a, b) -> Long.compare(FileNames.idOf(a), FileNames.idOf(b)))
            .toList()) {
      print(name, group);
    }
  }

  /** Prints one segment. */
  public void print(String name) throws IOException {
    print(name, new GroupAssembler());
  }

  private void print(String name, GroupAssembler group) throws IOException {
    FileHeader header;
    long size;
    try (ReadFile file = storage.open(name)) {
      ByteBuffer bytes = ByteBuffer.allocate(FileHeader.BYTES);
      file.read(0, bytes);
      size = file.size();
      header =
          FileHeader.decode(
              Arrays.copyOf(bytes.array(), bytes.position()),
              FileType.LOG,
              LogFormat.FORMAT_VERSION,
              name);
    } catch (EngineException e) {
      line(
          String.format(
              Locale.ROOT, "%s: not a log segment: %s", name, String.valueOf(e.getMessage())));
      return;
    }
    line(
        String.format(
            Locale.ROOT,
            "%s: format %d, store %s, file id %d, %d bytes%s",
            name,
            header.formatVersion(),
            header.storeId(),
            header.fileId(),
            size,
            header.isEncrypted() ? ", " + EncryptionTag.of(header) : ""));
    if (header.fileId() != FileNames.idOf(name)) {
      line(
          String.format(
              Locale.ROOT,
              "  spare: its frames were written when it was named %s",
              FileNames.log(header.fileId())));
      return;
    }
    try (FrameCursor cursor =
        FrameCursor.open(storage, header.storeId(), header.fileId(), fileKeys)) {
      printFrames(cursor, group);
    }
  }

  private void printFrames(FrameCursor cursor, GroupAssembler group) throws IOException {
    FrameCursor.Found found = cursor.look();
    for (; found == FrameCursor.Found.FRAME; found = cursor.look()) {
      line(
          String.format(
              Locale.ROOT,
              "  %8d  frame %d  %s  %d bytes  versions %d-%d  %s  synced to %s:%d",
              cursor.offset(),
              cursor.ordinal(),
              LogFormat.kindName(cursor.kind()),
              cursor.frameBytes(),
              cursor.firstVersion(),
              cursor.lastVersion(),
              Instant.ofEpochMilli(cursor.timeMs()),
              FileNames.log(cursor.synced().fileId()),
              cursor.synced().offset()));
      printCommits(cursor, group);
      cursor.skip();
    }
    line(
        String.format(
            Locale.ROOT,
            "  %8d  %s, %d bytes left",
            cursor.offset(),
            found == FrameCursor.Found.FULL ? "full" : "no frame",
            cursor.sizeBytes() - cursor.offset()));
  }

  private void printCommits(FrameCursor cursor, GroupAssembler group) throws IOException {
    String mismatch = group.mismatch(cursor);
    if (mismatch != null) {
      line("            " + mismatch);
      return;
    }
    if (cursor.kind() == LogFormat.MARK || !group.add(cursor) || !withCommits) {
      return;
    }
    while (group.hasCommit()) {
      if (!group.nextCommit()) {
        line("            not a commit");
        return;
      }
      line(
          String.format(
              Locale.ROOT,
              "            commit %d  %s  %d bytes",
              group.version(),
              Instant.ofEpochMilli(group.timeMs()),
              group.batchBytes()));
    }
  }

  private void line(String text) throws IOException {
    out.append(text).append('\n');
  }
}
