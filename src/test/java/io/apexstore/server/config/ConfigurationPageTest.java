package io.apexstore.server.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.apexstore.options.StoreOptions;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** {@code -Dmanual.update=true} writes the page instead of comparing. */
class ConfigurationPageTest {
  /** The options of a store that the server does not offer. */
  private static final Set<String> NOT_OF_THE_SERVER =
      Set.of(
          "asyncDelay", "createIfMissing", "largeReadBytesMax", "openTablesMax", "valueBytesMax");

  private static final Path PAGE = Path.of("src", "site", "markdown", "configuration.md");

  @Test
  void theManualsPageIsGeneratedFromTheTable() throws IOException {
    if (Boolean.getBoolean("manual.update")) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, ConfigurationPage.markdown());
    }
    assertEquals(ConfigurationPage.markdown(), Files.readString(PAGE));
  }

  @Test
  void everyDefaultIsAllowed() {
    for (Option option : Option.values()) {
      option.parse(option.defaultText(), "default");
    }
  }

  @Test
  void theStoreAcceptsEveryValueThatItsOptionsAllow() throws ReflectiveOperationException {
    Set<String> set = new TreeSet<>();
    for (Option option : Option.values()) {
      List<Object> extremes = extremes(option.type());
      Set<StoreOptions> results = new HashSet<>();
      extremes.forEach(value -> results.add(option.applyTo(StoreOptions.defaults(), value)));
      if (results.size() > 1) {
        assertEquals(extremes.size(), results.size(), option.name());
        addChanged(results, set);
      } else {
        assertEquals(Set.of(StoreOptions.defaults()), results, option.name());
      }
    }
    Set<String> ofStore = new TreeSet<>();
    for (RecordComponent component : StoreOptions.class.getRecordComponents()) {
      ofStore.add(component.getName());
    }
    ofStore.removeAll(set);
    assertEquals(NOT_OF_THE_SERVER, ofStore);
  }

  private static void addChanged(Set<StoreOptions> results, Set<String> names)
      throws ReflectiveOperationException {
    for (StoreOptions options : results) {
      for (RecordComponent component : StoreOptions.class.getRecordComponents()) {
        Method accessor = component.getAccessor();
        if (!accessor.invoke(options).equals(accessor.invoke(StoreOptions.defaults()))) {
          names.add(component.getName());
        }
      }
    }
  }

  private static List<Object> extremes(OptionType<?> type) {
    return switch (type) {
      case OptionType.Text text -> List.of("text");
      case OptionType.Switch either -> List.of(false, true);
      case OptionType.Whole whole -> List.of(whole.min(), whole.max());
      case OptionType.Bytes bytes -> List.of(bytes.min(), bytes.max());
      case OptionType.Time time ->
          List.of(Duration.ofMillis(time.minMs()), Duration.ofMillis(time.maxMs()));
      case OptionType.Fraction fraction ->
          List.of(Double.valueOf(fraction.min()), Double.valueOf(fraction.max()));
      case OptionType.Choice<?> choice -> List.copyOf(choice.values());
    };
  }
}
