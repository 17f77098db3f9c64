package io.apexstore.server.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A parser of header values that are lists (RFC 9110, 5.6.1). It reads from left to right, so that
 * a comma or semicolon in quotes separates nothing. Empty elements are left out.
 *
 * <pre>
 *   list       = [ item ] *( OWS "," OWS [ item ] )
 *   item       = name [ BWS "=" BWS word ] *( OWS ";" OWS [ parameter ] )
 *   parameter  = token [ BWS "=" BWS word ]
 *   word       = token / quoted-string
 *   name       = token [ "/" token ]            ; a media range has a slash
 *   entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE  ; without escapes
 * </pre>
 *
 * <p><b>Threads:</b> any; the static methods share nothing.
 */
public final class HeaderList {
  private static final String SYMBOLS = "!#$%&'*+-.^_`|~";

  private final String text;
  private int at;

  private HeaderList(String text) {
    this.text = text;
  }

  /**
   * An element of a list.
   *
   * @param name the name, in small letters
   * @param value what follows the name and an equals sign, without quotes; null if nothing does
   * @param parameters the parameters, in order
   */
  public record Item(String name, @Nullable String value, List<Parameter> parameters) {}

  /**
   * A parameter of an element.
   *
   * @param name the name, in small letters
   * @param value the value, without quotes; empty if there is none
   */
  public record Parameter(String name, String value) {}

  /**
   * Parses a list of names with values and parameters.
   *
   * @throws IllegalArgumentException if the value is not such a list
   */
  public static List<Item> items(String value) {
    HeaderList list = new HeaderList(value);
    List<Item> items = new ArrayList<>(2);
    while (list.nextElement()) {
      items.add(list.item());
      list.endElement();
    }
    return items;
  }

  /**
   * Parses a list of entity tags (RFC 9110, 8.8.3). The tags keep their quotes, and {@code W/}.
   *
   * @throws IllegalArgumentException if the value is not such a list
   */
  public static List<String> entityTags(String value) {
    HeaderList list = new HeaderList(value);
    List<String> tags = new ArrayList<>(2);
    while (list.nextElement()) {
      tags.add(list.entityTag());
      list.endElement();
    }
    return tags;
  }

  /** Moves to the next element that is not empty; returns false at the end. */
  private boolean nextElement() {
    do {
      skipSpace();
    } while (skip(','));
    return at < text.length();
  }

  private void endElement() {
    skipSpace();
    if (at < text.length() && text.charAt(at) != ',') {
      throw unexpected();
    }
  }

  private Item item() {
    int from = at;
    token();
    if (skip('/')) {
      token();
    }
    String name = text.substring(from, at).toLowerCase(Locale.ROOT);
    String value = skipEquals() ? word() : null;
    List<Parameter> parameters = List.of();
    for (skipSpace(); skip(';'); skipSpace()) {
      skipSpace();
      if (at < text.length() && text.charAt(at) != ';' && text.charAt(at) != ',') {
        parameters = parameters.isEmpty() ? new ArrayList<>(2) : parameters;
        parameters.add(new Parameter(token().toLowerCase(Locale.ROOT), skipEquals() ? word() : ""));
      }
    }
    return new Item(name, value, parameters);
  }

  /** Skips an equals sign with spaces around it, which some clients write (RFC 9110, 5.6.3). */
  private boolean skipEquals() {
    skipSpace();
    boolean found = skip('=');
    if (found) {
      skipSpace();
    }
    return found;
  }

  private String word() {
    return at < text.length() && text.charAt(at) == '"' ? quotedString() : token();
  }

  private String token() {
    int from = at;
    while (at < text.length() && isTokenChar(text.charAt(at))) {
      at++;
    }
    if (from == at) {
      throw unexpected();
    }
    return text.substring(from, at);
  }

  private String quotedString() {
    at++; // the quote
    StringBuilder unescaped = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') {
        return unescaped.toString();
      }
      if (c == '\\' && at < text.length()) {
        c = text.charAt(at++);
      }
      if (c != '\t' && (c < ' ' || c == 0x7f)) {
        at--;
        throw unexpected();
      }
      unescaped.append(c);
    }
    throw unexpected();
  }

  private String entityTag() {
    int from = at;
    if (text.startsWith("W/", at)) {
      at += 2;
    }
    if (!skip('"')) {
      throw unexpected();
    }
    while (at < text.length() && isEntityTagChar(text.charAt(at))) {
      at++;
    }
    if (!skip('"')) {
      throw unexpected();
    }
    return text.substring(from, at);
  }

  private static boolean isEntityTagChar(char c) {
    return c == '!' || (c >= '#' && c <= '~') || (c >= 0x80 && c <= 0xff);
  }

  private static boolean isTokenChar(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || SYMBOLS.indexOf(c) >= 0;
  }

  private void skipSpace() {
    while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
      at++;
    }
  }

  private boolean skip(char c) {
    boolean found = at < text.length() && text.charAt(at) == c;
    if (found) {
      at++;
    }
    return found;
  }

  private IllegalArgumentException unexpected() {
    return new IllegalArgumentException(
        (at < text.length()
                ? "unexpected "
                    + Quoted.of(text.substring(at, at + 1))
                    + " at character "
                    + (at + 1)
                : "unexpected end")
            + " of "
            + Quoted.of(text));
  }
}
