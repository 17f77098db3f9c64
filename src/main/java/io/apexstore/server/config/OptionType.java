package io.apexstore.server.config;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The type of an option: how its text is parsed, and which values are allowed. */
sealed interface OptionType {
  /**
   * Parses the text of a value.
   *
   * @throws IllegalArgumentException if the value is not allowed
   */
  Object parse(String text);

  /** Returns a description of the allowed values. */
  String allowed();

  /** Returns the unit of a number without a suffix, or an empty string. */
  String unit();

  /** Any text that is not blank. */
  record Text(String what) implements OptionType {
    @Override
    public Object parse(String text) {
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
  record Switch() implements OptionType {
    @Override
    public Object parse(String text) {
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
  record Whole(long min, long max, String unit) implements OptionType {
    @Override
    public Object parse(String text) {
      return within(Long.parseLong(text.strip()), min, max);
    }

    @Override
    public String allowed() {
      return min + " to " + max;
    }
  }

  /** A number of bytes, optionally with the suffix KiB, MiB or GiB. */
  record Bytes(long min, long max) implements OptionType {
    private static final Pattern FORM =
        Pattern.compile("(\\d{1,18})\\s*(|b|k|kb|kib|m|mb|mib|g|gb|gib)");

    @Override
    public Object parse(String text) {
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

  /**
   * A time in {@code unit}, or with the suffix ms, s, m or h. The parsed value and the limits are
   * in ms.
   */
  record Time(String unit, long minMs, long maxMs) implements OptionType {
    private static final Map<String, Long> MS_BY_UNIT =
        Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L);
    private static final Pattern FORM = Pattern.compile("(\\d{1,15})\\s*(|ms|s|m|h)");

    @Override
    public Object parse(String text) {
      Matcher matcher = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
      if (!matcher.matches()) {
        throw new IllegalArgumentException();
      }
      String given = matcher.group(2);
      long factor = MS_BY_UNIT.getOrDefault(given.isEmpty() ? unit : given, 1L);
      return within(Math.multiplyExact(Long.parseLong(matcher.group(1)), factor), minMs, maxMs);
    }

    @Override
    public String allowed() {
      long factor = MS_BY_UNIT.getOrDefault(unit, 1L);
      return minMs / factor + " to " + maxMs / factor + " " + unit + ", or with ms, s, m or h";
    }
  }

  /** A decimal number. */
  record Fraction(String min, String max) implements OptionType {
    @Override
    public Object parse(String text) {
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

  /** One of a list of words, or a synonym for one of them. */
  record Choice(List<String> words, Map<String, String> synonyms) implements OptionType {
    static Choice of(String... words) {
      return new Choice(List.of(words), Map.of());
    }

    Choice understanding(Map<String, String> wordBySynonym) {
      return new Choice(words, wordBySynonym);
    }

    @Override
    public Object parse(String text) {
      String word = text.strip().toLowerCase(Locale.ROOT);
      word = synonyms.getOrDefault(word, word);
      if (!words.contains(word)) {
        throw new IllegalArgumentException();
      }
      return word;
    }

    @Override
    public String allowed() {
      String all = String.join(", ", words);
      if (synonyms.isEmpty()) {
        return all;
      }
      String[] others = synonyms.keySet().toArray(String[]::new);
      Arrays.sort(others);
      StringBuilder text = new StringBuilder(all).append("; also understood: ");
      for (int i = 0; i < others.length; i++) {
        text.append(i == 0 ? "" : ", ").append(others[i]).append(" = ");
        text.append(synonyms.get(others[i]));
      }
      return text.toString();
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
