package io.apexstore.engine.crash;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.encryption.KeyWrapper;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.KeyspaceState;
import io.apexstore.engine.manifest.LogSegment;
import io.apexstore.engine.manifest.ManifestReader;
import io.apexstore.engine.manifest.StoreState;
import io.apexstore.engine.manifest.TableMeta;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A comparison of the directory of a store with its manifest. */
final class StrayFiles {
  /** The number of spare log segments, which the manifest does not list. */
  private static final int SPARES_MAX = 2;

  private StrayFiles() {}

  /** Returns files that the manifest does not list, and listed files that are missing. */
  static Set<String> in(Storage storage, @Nullable KeyWrapper wrapper) {
    try {
      Set<String> referred = new TreeSet<>(Set.of(FileNames.MANIFEST, FileNames.LOCK));
      FileCipherKeys keys = FileCipherKeys.NONE;
      if (wrapper != null) {
        referred.add(FileNames.KEYS);
        keys =
            Objects.requireNonNull(
                DataKeys.open(storage, EncryptionComponents.with(wrapper), TimeSource.SYSTEM));
      }
      StoreState state = ManifestReader.open(storage, FileNames.MANIFEST, keys).readToEnd();
      for (KeyspaceState keyspace : state.keyspaces()) {
        for (TableMeta table : keyspace.tables()) {
          referred.add(FileNames.table(table.fileId()));
        }
      }
      for (LogSegment log : state.logs()) {
        referred.add(FileNames.log(log.fileId()));
      }
      Set<String> there = new TreeSet<>(storage.list());
      Set<String> stray = new TreeSet<>();
      int spares = 0;
      for (String name : there) {
        if (!referred.contains(name)
            && !name.equals(FileNames.RESERVE)
            && (!FileNames.isLog(name) || ++spares > SPARES_MAX)) {
          stray.add("leaked " + name);
        }
      }
      for (String name : referred) {
        if (!there.contains(name)) {
          stray.add("missing " + name);
        }
      }
      return stray;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
