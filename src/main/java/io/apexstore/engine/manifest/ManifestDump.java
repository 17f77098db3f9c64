package io.apexstore.engine.manifest;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.Storage;
import java.io.IOException;

/** A printer of manifests: each edit with its offset, and how the manifest ends. */
public final class ManifestDump {
  private ManifestDump() {}

  /**
   * Prints a manifest. Damage is printed where it is found, and ends the output.
   *
   * @return whether the manifest is undamaged; a torn last edit does not count as damage
   */
  public static boolean dump(Storage storage, String name, FileCipherKeys fileKeys, Appendable out)
      throws IOException {
    try {
      dumpEdits(ManifestReader.open(storage, name, fileKeys), name, out);
      return true;
    } catch (EngineException e) {
      out.append("DAMAGE: ").append(e.getMessage()).append('\n');
      return false;
    }
  }

  private static void dumpEdits(ManifestReader reader, String name, Appendable out)
      throws IOException {
    out.append(name)
        .append(": store ")
        .append(reader.header().storeId().toString())
        .append(", file ")
        .append(Long.toString(reader.header().fileId()))
        .append(", format ")
        .append(Integer.toString(reader.header().formatVersion()))
        .append(reader.header().isEncrypted() ? ", " + EncryptionTag.of(reader.header()) : "")
        .append('\n');
    StoreState.Replay replay = new StoreState.Replay(StoreState.EMPTY);
    while (reader.next()) {
      out.append("edit at ").append(Long.toString(reader.offset()));
      out.append(", ").append(Integer.toString(reader.editBytes())).append(" bytes\n");
      for (ManifestChange change : reader.edit().changes()) {
        out.append("  ").append(change.toString()).append('\n');
      }
      reader.applyTo(replay);
    }
    out.append("end at ").append(Long.toString(reader.offset()));
    if (reader.tornBytes() > 0) {
      out.append(", then ").append(Integer.toString(reader.tornBytes())).append(" bytes torn");
    }
    out.append(replay.state().isClean() ? ", closed cleanly\n" : ", not closed cleanly\n");
  }
}
