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
 * Prints the segments of a log: headers, frames, commits. Reads what it finds and needs no
 * manifest; so it prints segments that no store would read, and frames behind a segment's logical
 * end.
 */
public final class LogDump {
  private final Storage storage;
  private final FileCipherKeys keys;
  private final Appendable out;
  private final boolean withCommits;

  /**
   * Makes one.
   *
   * @param keys what the segments are encrypted with
   * @param withCommits whether each commit gets a line, or only the frames do
   */
  public LogDump(Storage storage, FileCipherKeys keys, Appendable out, boolean withCommits) {
    this.storage = storage;
    this.keys = keys;
    this.out = out;
    this.withCommits = withCommits;
  }

  /** Prints every segment in the directory, oldest first. */
  public void printAll() throws IOException {
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
              Locale.ROOT, "%s: no log segment: %s", name, String.valueOf(e.getMessage())));
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
              "  a spare: its frames belong to its name before, %s",
              FileNames.log(header.fileId())));
      return;
    }
    try (FrameCursor cursor = FrameCursor.open(storage, header.storeId(), header.fileId(), keys)) {
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
    String misfit = group.misfit(cursor);
    if (misfit != null) {
      line("            " + misfit);
      return;
    }
    if (cursor.kind() == LogFormat.MARK || !group.take(cursor) || !withCommits) {
      return;
    }
    while (group.hasCommit()) {
      if (!group.nextCommit()) {
        line("            no commit");
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
