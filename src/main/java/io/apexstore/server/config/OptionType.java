package io.apexstore.server.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How an option's text is parsed, and which values it may have.
 *
 * @param <T> type of the parsed value
 */
sealed interface OptionType<T> {
  /**
   * Parses a text.
   *
   * @throws IllegalArgumentException if it is not an allowed value
   */
  T parse(String text);

  /** Describes the allowed values. */
  String allowed();

  /** Returns the unit of a number without a suffix, or an empty string. */
  String unit();

  /** Any text that is not empty. */
  record Text(String what) implements OptionType<String> {
    @Override
    public String parse(String text) {
      if (text.isBlank() || text.indexOf('\0') >= 0) {
        throw new IllegalArgumentException();
      }
      return text.strip();
    }

    @Override
    public String allowed() {
      return what;
    }

    @Override
    public String unit() {
      return "";
    }
  }

  /** True or false. */
  record Switch() implements OptionType<Boolean> {
    @Override
    public Boolean parse(String text) {
      return switch (text.strip().toLowerCase(Locale.ROOT)) {
        case "true", "yes", "on", "1" -> true;
        case "false", "no", "off", "0" -> false;
        default -> throw new IllegalArgumentException();
      };
    }

    @Override
    public String allowed() {
      return "true or false";
    }

    @Override
    public String unit() {
      return "";
    }
  }

  /** A whole number. */
  record Whole(int min, int max, String unit) implements OptionType<Integer> {
    @Override
    public Integer parse(String text) {
      return (int) within(Long.parseLong(text.strip()), min, max);
    }

    @Override
    public String allowed() {
      return min + " to " + max;
    }
  }

  /** A number of bytes, plain or with KiB, MiB or GiB after it. */
  record Bytes(long min, long max) implements OptionType<Long> {
    private static final Pattern FORM =
        Pattern.compile("(\\d{1,18})\\s*(|b|k|kb|kib|m|mb|mib|g|gb|gib)");

    @Override
    public Long parse(String text) {
      Matcher matcher = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
      if (!matcher.matches()) {
        throw new IllegalArgumentException();
      }
      String suffix = matcher.group(2);
      int shift =
          switch (suffix.isEmpty() ? 'b' : suffix.charAt(0)) {
            case 'k' -> 10;
            case 'm' -> 20;
            case 'g' -> 30;
            default -> 0;
          };
      return within(Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift), min, max);
    }

    @Override
    public String allowed() {
      return min + " to " + max + ", or with KiB, MiB or GiB";
    }

    @Override
    public String unit() {
      return "bytes";
    }
  }

  /** A time, a plain number of the given unit or with ms, s, m or h after it. */
  record Time(String unit, long minMs, long maxMs) implements OptionType<Duration> {
    private static final Map<String, Long> MS_BY_UNIT =
        Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L);
    private static final Pattern FORM = Pattern.compile("(\\d{1,15})\\s*(|ms|s|m|h)");

    @Override
    public Duration parse(String text) {
      Matcher matcher = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
      if (!matcher.matches()) {
        throw new IllegalArgumentException();
      }
      String given = matcher.group(2);
      long factor = MS_BY_UNIT.getOrDefault(given.isEmpty() ? unit : given, 1L);
      return Duration.ofMillis(
          within(Math.multiplyExact(Long.parseLong(matcher.group(1)), factor), minMs, maxMs));
    }

    @Override
    public String allowed() {
      long factor = MS_BY_UNIT.getOrDefault(unit, 1L);
      return minMs / factor + " to " + maxMs / factor + " " + unit + ", or with ms, s, m or h";
    }
  }

  /** A number with a fraction. */
  record Fraction(String min, String max) implements OptionType<Double> {
    @Override
    public Double parse(String text) {
      BigDecimal number = new BigDecimal(text.strip());
      if (number.compareTo(new BigDecimal(min)) < 0 || number.compareTo(new BigDecimal(max)) > 0) {
        throw new IllegalArgumentException();
      }
      return number.doubleValue();
    }

    @Override
    public String allowed() {
      return min + " to " + max;
    }

    @Override
    public String unit() {
      return "";
    }
  }

  /**
   * One of the constants of an enum, by its name in lower case or by a synonym.
   *
   * @param <E> the enum
   */
  record Choice<E extends Enum<E>>(List<E> values, Map<String, E> synonyms)
      implements OptionType<E> {
    static <E extends Enum<E>> Choice<E> of(List<E> values) {
      return new Choice<>(values, Map.of());
    }

    Choice<E> understanding(Map<String, E> valueBySynonym) {
      return new Choice<>(values, valueBySynonym);
    }

    @Override
    public E parse(String text) {
      String word = text.strip().toLowerCase(Locale.ROOT);
      E synonym = synonyms.get(word);
      if (synonym != null) {
        return synonym;
      }
      for (E value : values) {
        if (word(value).equals(word)) {
          return value;
        }
      }
      throw new IllegalArgumentException();
    }

    @Override
    public String allowed() {
      StringBuilder text = new StringBuilder();
      for (E value : values) {
        text.append(text.isEmpty() ? "" : ", ").append(word(value));
      }
      String separator = "; also understood: ";
      for (Map.Entry<String, E> synonym : new TreeMap<>(synonyms).entrySet()) {
        text.append(separator).append(synonym.getKey()).append(" = ");
        text.append(word(synonym.getValue()));
        separator = ", ";
      }
      return text.toString();
    }

    private static String word(Enum<?> value) {
      return value.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String unit() {
      return "";
    }
  }

  private static long within(long number, long min, long max) {
    if (number < min || number > max) {
      throw new IllegalArgumentException();
    }
    return number;
  }
}
