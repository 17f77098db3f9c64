package io.apexstore.encryption;

import io.apexstore.engine.base.UnicodeText;
import io.apexstore.engine.encryption.KeyEncryptionKey;
import io.apexstore.engine.io.SecretFile;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Key-encryption keys in a text file. A line that begins with {@code #} is a comment. Any other
 * line is a key's id, a space, and the key's 32 bytes in Base64. The last key is the current one.
 *
 * <p>Several stores may share a file, also from several processes: a rotation appends a line and
 * removes none. Another open store uses the new key only after it is opened again or rotates too.
 *
 * <p><b>Threads:</b> any; rotations one at a time.
 */
final class KeyEncryptionKeyFile implements EncryptionKeyProvider {
  private static final String COMMENTS =
      """
      # Key-encryption keys of an ApexStore; the last one is current.
      # Without this file no one can read the store. Keep a copy of it, but not next to copies of the store.
      """;

  private final Path file;
  private volatile KeyEncryptionKeys keys;

  private KeyEncryptionKeyFile(Path file, KeyEncryptionKeys keys) {
    this.file = file;
    this.keys = keys;
  }

  static KeyEncryptionKeyFile open(Path file) {
    return new KeyEncryptionKeyFile(file, parse(file, read(file)));
  }

  static KeyEncryptionKeyFile create(Path file) {
    String text = COMMENTS + line(KeyEncryptionKeys.randomKey());
    try {
      SecretFile.create(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw KeyEncryptionKeys.unavailable(
          "the encryption key file cannot be created: " + e.getMessage(), e);
    }
    return open(file);
  }

  private static String read(Path file) {
    try {
      return UnicodeText.decodeFile(SecretFile.read(file));
    } catch (CharacterCodingException e) {
      throw KeyEncryptionKeys.unavailable(
          "the encryption key file " + file + " is in another encoding; allowed: UTF-8", e);
    } catch (IOException e) {
      throw KeyEncryptionKeys.unavailable(
          "the encryption key file cannot be read: " + e.getMessage(), e);
    }
  }

  private static KeyEncryptionKeys parse(Path file, String text) {
    String source = "the encryption key file " + file;
    List<KeyEncryptionKey> keys = new ArrayList<>();
    for (String line : text.lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int space = line.strip().indexOf(' ');
      KeyEncryptionKey key = KeyEncryptionKeys.parse(line.strip().substring(space + 1), source);
      if (space < 0 || !line.strip().substring(0, space).equals(key.id())) {
        throw KeyEncryptionKeys.unavailable(
            source + ": a line is not a key id followed by the key with that id", null);
      }
      keys.add(key);
    }
    if (keys.isEmpty()) {
      throw KeyEncryptionKeys.unavailable(source + " contains no key", null);
    }
    return new KeyEncryptionKeys(source, List.copyOf(keys), keys.getLast());
  }

  private static String line(byte[] key) {
    return KeyEncryptionKeys.key(key).id() + " " + Base64.getEncoder().encodeToString(key) + "\n";
  }

  @Override
  public String currentKeyId() {
    return keys.current().id();
  }

  @Override
  public byte[] wrap(String keyId, byte[] dataKey, byte[] context) {
    return keys.wrap(keyId, dataKey, context);
  }

  @Override
  public byte[] unwrap(String keyId, byte[] wrapped, byte[] context) {
    return keys.unwrap(keyId, wrapped, context);
  }

  /**
   * Appends a key. Earlier keys stay, because backups may need them, and so do keys that another
   * process has appended meanwhile.
   */
  @Override
  public synchronized void rotate() {
    String added = line(KeyEncryptionKeys.randomKey());
    try {
      SecretFile.change(file, content -> append(content, added));
    } catch (IOException e) {
      throw KeyEncryptionKeys.unavailable(
          "the encryption key file cannot be replaced: " + e.getMessage(), e);
    }
    keys = parse(file, read(file)).withCurrent(added.substring(0, added.indexOf(' ')));
  }

  private static byte[] append(byte[] content, String line) {
    String text = new String(content, StandardCharsets.UTF_8);
    return ((text.endsWith("\n") ? text : text + "\n") + line).getBytes(StandardCharsets.UTF_8);
  }
}
