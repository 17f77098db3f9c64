package io.apexstore.engine.crash;

import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.RegionFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Faults below the engine that break its promises; the power cuts must find each of them. */
enum PlantedFault {
  /** No fault. */
  NONE {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage);
    }
  },

  /** The log is never synced. */
  NO_SYNC {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage) {
        @Override
        void syncRegion(RegionFile file) {
          // Returns as if it had synced.
        }
      };
    }
  },

  /** The directory is never synced. */
  NO_DIRECTORY_SYNC {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage) {
        @Override
        public void syncDirectory() throws IOException {
          checkAlive();
        }
      };
    }
  },

  /** An edit that replaces tables is synced only after the old tables are deleted. */
  DELETE_BEFORE_MANIFEST_SYNC {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage) {
        private boolean tablesCreated;
        private @Nullable AppendFile unsynced;
        private int writesSince;

        @Override
        void syncAppend(String name, AppendFile file) throws IOException {
          if (name.startsWith(FileNames.MANIFEST) && tablesCreated) {
            unsynced = file;
            writesSince = 0;
            tablesCreated = false;
          } else {
            super.syncAppend(name, file);
          }
        }

        @Override
        void beforeWrite(String name) throws IOException {
          // The first write after the edit is the mark of its sync.
          if (name.startsWith(FileNames.MANIFEST) && ++writesSince > 1) {
            syncLate();
          }
        }

        @Override
        void beforeNameChange(String name) throws IOException {
          tablesCreated |= name.endsWith(FileNames.TABLE_SUFFIX);
          if (!name.endsWith(FileNames.TABLE_SUFFIX)) {
            syncLate();
          }
        }

        private void syncLate() throws IOException {
          AppendFile manifest = unsynced;
          unsynced = null;
          if (manifest != null) {
            manifest.sync();
          }
        }
      };
    }
  },

  /** A new data key file replaces the old one before it is durable. */
  KEYS_NOT_SYNCED {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage) {
        @Override
        void syncAppend(String name, AppendFile file) throws IOException {
          if (!name.startsWith(FileNames.KEYS)) {
            super.syncAppend(name, file);
          }
        }
      };
    }
  },

  /** The sweeper deletes an expired entry even if its key was written since the scan. */
  SWEPT_UNCONDITIONALLY {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage);
    }
  },

  /** A sync of the log returns early; the next write of the log does it. */
  ACKNOWLEDGED_BEFORE_SYNC {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage) {
        private @Nullable RegionFile unsynced;

        @Override
        void syncRegion(RegionFile file) throws IOException {
          syncLate();
          unsynced = file;
        }

        @Override
        void beforeWrite(String name) throws IOException {
          syncLate();
        }

        @Override
        void beforeNameChange(String name) throws IOException {
          syncLate();
        }

        private void syncLate() throws IOException {
          RegionFile region = unsynced;
          unsynced = null;
          if (region != null) {
            region.sync();
          }
        }
      };
    }
  };

  /** Returns the storage as one process sees it. */
  abstract ForwardingStorage process(Storage storage);
}
