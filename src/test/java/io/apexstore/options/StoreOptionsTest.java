package io.apexstore.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A change of one option changes that one only, and every option is checked. */
class StoreOptionsTest {
  private static final Map<String, Object> OTHER_VALUES = new LinkedHashMap<>();

  static {
    OTHER_VALUES.put("syncMode", SyncMode.ASYNC);
    OTHER_VALUES.put("syncInterval", Duration.ofMillis(7));
    OTHER_VALUES.put("asyncDelay", Duration.ofMillis(8));
    OTHER_VALUES.put("asyncBytesMax", 9L);
    OTHER_VALUES.put("memtableBytesMax", 1L << 20);
    OTHER_VALUES.put("blockBytes", 1_024);
    OTHER_VALUES.put("restartInterval", 17);
    OTHER_VALUES.put("blockCacheBytes", 3L << 20);
    OTHER_VALUES.put("bloomFalsePositiveRate", 0.25);
    OTHER_VALUES.put("compression", Compression.NONE);
    OTHER_VALUES.put("level0Threshold", 5);
    OTHER_VALUES.put("sizeRatio", 11);
    OTHER_VALUES.put("maxLevels", 6);
    OTHER_VALUES.put("compactionThreads", 3);
    OTHER_VALUES.put("compaction", CompactionStrategy.TIERED);
    OTHER_VALUES.put("backgroundBytesPerSecond", 1L << 30);
    OTHER_VALUES.put("logRetentionBytes", 12L);
    OTHER_VALUES.put("logRetentionTime", Duration.ofHours(1));
    OTHER_VALUES.put("historyRetention", Duration.ofHours(2));
    OTHER_VALUES.put("valueBytesMax", 99);
    OTHER_VALUES.put("createIfMissing", false);
  }

  private static StoreOptions with(StoreOptions options, RecordComponent component, Object value)
      throws ReflectiveOperationException {
    String name = component.getName();
    String method = "with" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
    return (StoreOptions)
        StoreOptions.class.getMethod(method, component.getType()).invoke(options, value);
  }

  private static Object valueOf(StoreOptions options, String name)
      throws ReflectiveOperationException {
    return StoreOptions.class.getMethod(name).invoke(options);
  }

  @Test
  void aChangeOfOneOptionChangesNoOther() throws ReflectiveOperationException {
    StoreOptions changed = StoreOptions.defaults();
    for (RecordComponent component : StoreOptions.class.getRecordComponents()) {
      String name = component.getName();
      Object other = Objects.requireNonNull(OTHER_VALUES.get(name), name);
      StoreOptions before = changed;
      assertNotEquals(other, valueOf(before, name), name);
      changed = with(before, component, other);
      assertEquals(other, valueOf(changed, name), name);
      assertEquals(before, with(changed, component, valueOf(before, name)), name);
    }
    for (Map.Entry<String, Object> option : OTHER_VALUES.entrySet()) {
      assertEquals(option.getValue(), valueOf(changed, option.getKey()), option.getKey());
    }
  }

  @Test
  void aValueThatIsNotAllowedIsRefusedWithWhatIs() {
    StoreOptions options = StoreOptions.defaults();
    List<Runnable> refused =
        List.of(
            () -> options.withSyncInterval(Duration.ZERO),
            () -> options.withAsyncDelay(Duration.ZERO),
            () -> options.withAsyncBytesMax(0),
            () -> options.withMemtableBytesMax((16 << 10) - 1),
            () -> options.withMemtableBytesMax((1L << 30) + 1),
            () -> options.withBlockBytes(511),
            () -> options.withBlockBytes((1 << 20) + 1),
            () -> options.withRestartInterval(0),
            () -> options.withRestartInterval(129),
            () -> options.withBlockCacheBytes((256 << 10) - 1),
            () -> options.withBloomFalsePositiveRate(0.00009),
            () -> options.withBloomFalsePositiveRate(0.51),
            () -> options.withBloomFalsePositiveRate(Double.NaN),
            () -> options.withLevel0Threshold(1),
            () -> options.withLevel0Threshold(65),
            () -> options.withSizeRatio(1),
            () -> options.withSizeRatio(101),
            () -> options.withMaxLevels(1),
            () -> options.withMaxLevels(11),
            () -> options.withCompactionThreads(0),
            () -> options.withCompactionThreads(65),
            () -> options.withCompaction(CompactionStrategy.FIFO),
            () -> options.withBackgroundBytesPerSecond((64 << 10) - 1),
            () -> options.withLogRetentionBytes(-1),
            () -> options.withLogRetentionTime(Duration.ofMillis(-1)),
            () -> options.withHistoryRetention(Duration.ofMillis(-1)),
            () -> options.withValueBytesMax(0),
            () -> options.withValueBytesMax((64 << 20) + 1));
    for (Runnable change : refused) {
      ApexException e = assertThrows(ApexException.class, change::run);
      assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
      String message = String.valueOf(e.getMessage());
      assertTrue(message.matches("option .+ is .+, allowed is .+"), message);
    }
  }
}
