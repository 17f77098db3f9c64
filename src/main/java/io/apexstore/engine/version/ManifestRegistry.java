package io.apexstore.engine.version;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.IoFailures;
import io.apexstore.engine.manifest.LogSegment;
import io.apexstore.engine.manifest.VersionEdit;
import io.apexstore.engine.wal.SegmentRegistry;
import java.io.IOException;
import java.util.List;

/**
 * The segments of the log in the manifest: each change of them is an edit of the {@link
 * VersionSet}.
 *
 * <p><b>Threads:</b> any.
 */
public final class ManifestRegistry implements SegmentRegistry {
  private final VersionSet versions;
  private final FileCipherKeys fileKeys;

  /** Creates the registry of the log whose manifest a version set writes. */
  public ManifestRegistry(VersionSet versions, FileCipherKeys fileKeys) {
    this.versions = versions;
    this.fileKeys = fileKeys;
  }

  @Override
  public void recordAdopted(long fileId) throws IOException {
    if (!isRecorded(fileId)) {
      record(VersionEdit.builder().adoptLog(fileId, fileKeys.encryptionTag(fileId)).build());
    }
  }

  @Override
  public void recordEnd(long fileId, long endOffset, long lastVersion) throws IOException {
    record(VersionEdit.builder().endLog(fileId, endOffset, lastVersion).build());
  }

  @Override
  public void recordDropped(List<Long> fileIds) throws IOException {
    VersionEdit.Builder edit = VersionEdit.builder();
    fileIds.stream().filter(this::isRecorded).forEach(edit::dropLog);
    VersionEdit built = edit.build();
    if (!built.isEmpty()) {
      record(built);
    }
  }

  private boolean isRecorded(long fileId) {
    for (LogSegment segment : versions.state().logs()) {
      if (segment.fileId() == fileId) {
        return true;
      }
    }
    return false;
  }

  private void record(VersionEdit edit) throws IOException {
    try {
      versions.logAndApply(edit);
    } catch (EngineException e) {
      throw IoFailures.ioException(e);
    }
  }
}
