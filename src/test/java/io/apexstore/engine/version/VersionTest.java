package io.apexstore.engine.version;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.engine.manifest.VersionEdit;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A tree of three levels in which keys have entries at several of them. */
class VersionTest {
  private final TestVersionSet store = TestVersionSet.open(new MemoryStorage());
  private final Version version;

  VersionTest() throws IOException {
    VersionEdit.Builder edit = VersionEdit.builder();
    edit.addTable(store.table(2, e("apple", 1, "a1"), e("fig", 2, "f2")));
    edit.addTable(store.table(2, e("kiwi", 3, "k3"), e("zucchini", 4, "z4")));
    edit.addTable(
        store.table(1, e("banana", 12, "b12"), e("banana", 11, "b11"), e("fig", 13, null)));
    edit.addTable(
        store.table(1, e("longer-than-eight-1", 14, "x"), e("longer-than-eight-3", 15, "y")));
    edit.addTable(store.table(1, e("longer-than-eight-5", 16, "z"), e("peach", 17, "p17")));
    edit.addTable(store.table(0, e("apple", 21, "a21"), e("peach", 22, null)));
    edit.addTable(store.table(0, e("apple", 31, "a31"), e("fig", 32, "f32")));
    store.versions().logAndApply(edit.build());
    version = store.current();
  }

  private static Entry e(String key, long version, @Nullable String value) {
    return new Entry(key, version, value);
  }

  @BeforeEach
  void isDrawn() {
    assertEquals(7, version.shape().tableCount());
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void aReadSeesTheNewestEntryUpToItsVersion() {
    assertEquals("a31", TestVersionSet.get(version, "apple", 99));
    assertEquals("a31", TestVersionSet.get(version, "apple", 31));
    assertEquals("a21", TestVersionSet.get(version, "apple", 30));
    assertEquals("a1", TestVersionSet.get(version, "apple", 20));
    assertNull(TestVersionSet.get(version, "apple", 0));
    assertEquals("b12", TestVersionSet.get(version, "banana", 99));
    assertEquals("b11", TestVersionSet.get(version, "banana", 11));
    assertNull(TestVersionSet.get(version, "banana", 10));
  }

  @Test
  void aTombstoneHidesOlderEntries() {
    assertEquals("f32", TestVersionSet.get(version, "fig", 99));
    assertNull(TestVersionSet.get(version, "fig", 31));
    assertNull(TestVersionSet.get(version, "fig", 13));
    assertEquals("f2", TestVersionSet.get(version, "fig", 12));
    assertNull(TestVersionSet.get(version, "peach", 99));
    assertEquals("p17", TestVersionSet.get(version, "peach", 21));
  }

  @Test
  void keysWithACommonPrefixAreFoundInTheirTable() {
    assertEquals("x", TestVersionSet.get(version, "longer-than-eight-1", 99));
    assertEquals("y", TestVersionSet.get(version, "longer-than-eight-3", 99));
    assertEquals("z", TestVersionSet.get(version, "longer-than-eight-5", 99));
    for (int i = 0; i < 8; i += 2) {
      assertNull(TestVersionSet.get(version, "longer-than-eight-" + i, 99));
    }
  }

  @Test
  void keysOutsideOfAllTablesAreAbsent() {
    for (String key : List.of("a", "carrot", "g", "zz")) {
      assertNull(TestVersionSet.get(version, key, 99), key);
    }
  }

  @Test
  void aScanSeesWhatPointReadsSee() {
    assertEquals(
        List.of(
            "apple=a31@31",
            "banana=b12@12",
            "fig=f32@32",
            "kiwi=k3@3",
            "longer-than-eight-1=x@14",
            "longer-than-eight-3=y@15",
            "longer-than-eight-5=z@16",
            "zucchini=z4@4"),
        TestVersionSet.scan(version, 99, null, null));
    assertEquals(
        List.of("apple=a1@1", "banana=b11@11", "fig=f2@2", "kiwi=k3@3", "zucchini=z4@4"),
        TestVersionSet.scan(version, 11, null, null));
  }

  @Test
  void aScanOfARangeSeesItsEntriesAndNoOthers() {
    assertEquals(
        List.of("banana=b12@12", "fig=f32@32"), TestVersionSet.scan(version, 99, "b", "kiwi"));
    assertEquals(
        List.of("longer-than-eight-3=y@15", "longer-than-eight-5=z@16"),
        TestVersionSet.scan(version, 99, "longer-than-eight-3", "peach"));
    assertEquals(List.of("zucchini=z4@4"), TestVersionSet.scan(version, 99, "q", null));
    assertEquals(List.of(), TestVersionSet.scan(version, 99, "zz", null));
    assertEquals(List.of(), TestVersionSet.scan(version, 99, null, "a"));
  }

  @Test
  void itIsDrawnLevelByLevelNewestFirstAtLevel0() {
    String drawing = version.toString().replaceAll("\\d+ bytes", "n bytes");
    assertEquals(
        TreeText.parse(version.toString().lines().toList())
            .toString()
            .replaceAll("\\d+ bytes", "n bytes"),
        drawing);
    assertEquals(
        List.of("level 0", "level 1", "level 2"),
        drawing.lines().filter(line -> line.startsWith("level")).toList());
    assertEquals(
        List.of("31–32", "21–22"),
        drawing
            .lines()
            .filter(line -> line.contains("\"apple\"") && !line.contains("1–2,"))
            .map(line -> line.replaceAll(".*versions ([^,]*),.*", "$1"))
            .toList());
  }
}
