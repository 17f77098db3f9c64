package io.apexstore.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A change of one option changes that one only, and every option is checked. */
class StoreOptionsTest {
  /** Returns values of a component's type that differ from one, some of which are allowed. */
  private static List<Object> others(Object value) {
    return switch (value) {
      case Integer number -> List.of(number + 1, number - 1, number * 2);
      case Long number -> List.of(number + 1, number + (1L << 30));
      case Double number -> List.of(number / 2, number * 2);
      case Boolean flag -> List.of(!flag);
      case Duration time -> List.of(time.plusMillis(1));
      case Enum<?> constant ->
          Arrays.stream(constant.getDeclaringClass().getEnumConstants())
              .filter(other -> other != constant)
              .map(Object.class::cast)
              .toList();
      default -> throw new AssertionError("no other values of " + value.getClass());
    };
  }

  /** Returns the options with another value of a component, one that is allowed. */
  private static StoreOptions withOther(StoreOptions options, RecordComponent component)
      throws ReflectiveOperationException {
    for (Object other : others(valueOf(options, component.getName()))) {
      try {
        return with(options, component, other);
      } catch (InvocationTargetException e) {
        assertInstanceOf(ApexException.class, e.getCause());
      }
    }
    throw new AssertionError("no other value of " + component.getName() + " is allowed");
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
      StoreOptions before = changed;
      changed = withOther(before, component);
      assertNotEquals(valueOf(before, name), valueOf(changed, name), name);
      assertEquals(before, with(changed, component, valueOf(before, name)), name);
    }
    for (RecordComponent component : StoreOptions.class.getRecordComponents()) {
      String name = component.getName();
      assertNotEquals(valueOf(StoreOptions.defaults(), name), valueOf(changed, name), name);
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
            () -> options.withValueBytesMax((64 << 20) + 1),
            () -> options.withBatchBytesMax((64 << 10) - 1),
            () -> options.withBatchBytesMax((80 << 20) + 1));
    for (Runnable change : refused) {
      ApexException e = assertThrows(ApexException.class, change::run);
      assertEquals(ApexException.Code.INVALID_REQUEST, e.code());
      String message = String.valueOf(e.getMessage());
      assertTrue(message.matches("option .+ is .+, allowed is .+"), message);
    }
  }
}
