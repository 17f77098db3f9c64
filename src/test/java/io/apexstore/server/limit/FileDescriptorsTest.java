package io.apexstore.server.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FileDescriptorsTest {
  @Test
  void connectionsGetHalfOfTheFreeDescriptorsAtMost() {
    FileDescriptors few = new FileDescriptors(320, 60);
    assertEquals(130, few.connectionsMax(25_000));
    assertEquals(100, few.connectionsMax(100));
    assertEquals(1, new FileDescriptors(60, 60).connectionsMax(100));
    assertEquals(25_000, new FileDescriptors(Long.MAX_VALUE, 0).connectionsMax(25_000));
  }

  @Test
  void tablesGetAQuarterOfTheFreeDescriptors() {
    assertEquals(65, new FileDescriptors(320, 60).tablesMax());
    assertEquals(8, new FileDescriptors(60, 60).tablesMax());
    assertEquals(100_000, new FileDescriptors(Long.MAX_VALUE, 0).tablesMax());
  }

  @Test
  void theProcessHasOpenDescriptors() {
    FileDescriptors own = FileDescriptors.ofProcess();
    assertTrue(own.max() > own.open(), own::toString);
  }
}
