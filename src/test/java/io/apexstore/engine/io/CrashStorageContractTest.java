package io.apexstore.engine.io;

class CrashStorageContractTest extends StorageContract {
  @Override
  Storage storage() {
    return new CrashStorage();
  }
}
