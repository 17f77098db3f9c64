package io.apexstore.architecture;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.properties.CanBeAnnotated;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Tags;
import org.junit.platform.commons.annotation.Testable;

/**
 * The rule on slow tests: a test that starts a server, a process or a browser, that opens images of
 * power cuts, or whose class is named like a model or a stress test carries one of the tags that
 * the fast group excludes. The tag is on the method or on its class.
 *
 * <p>A test reaches a class if the test method, or anything that runs before or after it, calls
 * that class directly or through other test code. Calls of overridden methods are not followed.
 */
final class TestGroups {

  /** The tag that a test needs if it reaches a class. */
  private static final Map<String, String> TAG_BY_CLASS =
      Map.of(
          "java.lang.ProcessBuilder", "process",
          "io.apexstore.server.RunningServer", "server",
          "io.apexstore.engine.io.CrashImages", "crash",
          "com.microsoft.playwright.Playwright", "browser");

  /** The tag that a test needs if the name of its class ends like this. */
  private static final Map<String, String> TAG_BY_SUFFIX =
      Map.of("ModelTest", "model", "StressTest", "stress", "ConcurrencyTest", "stress");

  private final Set<String> slowTags;

  /**
   * @param slowTags the tags that the fast group excludes
   */
  TestGroups(Set<String> slowTags) {
    this.slowTags = slowTags;
  }

  /** Slow tests without a tag, one line for each. */
  List<String> untagged(JavaClasses classes) {
    Set<String> findings = new TreeSet<>();
    for (JavaClass type : classes) {
      if (type.getModifiers().contains(JavaModifier.ABSTRACT)) {
        continue;
      }
      for (JavaMethod method : type.getAllMethods()) {
        if (method.isMetaAnnotatedWith(Testable.class) && !isTagged(type, method)) {
          String reason = reasonToTag(type, method, classes);
          if (reason != null) {
            findings.add(type.getSimpleName() + "." + method.getName() + reason);
          }
        }
      }
    }
    return List.copyOf(findings);
  }

  /** Tags that the fast group does not exclude, one line for each use. */
  List<String> unknownTags(JavaClasses classes) {
    Set<String> findings = new TreeSet<>();
    for (JavaClass type : classes) {
      List<CanBeAnnotated> annotated = new ArrayList<>(type.getMethods());
      annotated.add(type);
      for (CanBeAnnotated element : annotated) {
        for (String tag : tags(element)) {
          if (!slowTags.contains(tag)) {
            findings.add(type.getSimpleName() + " has the unknown tag " + tag);
          }
        }
      }
    }
    return List.copyOf(findings);
  }

  private boolean isTagged(JavaClass type, JavaMethod method) {
    boolean tagged = tags(method).stream().anyMatch(slowTags::contains);
    for (JavaClass outer = type; !tagged && outer != null; ) {
      for (JavaClass of = outer; !tagged && of != null; of = of.getRawSuperclass().orElse(null)) {
        tagged = tags(of).stream().anyMatch(slowTags::contains);
      }
      outer = outer.getEnclosingClass().orElse(null);
    }
    return tagged;
  }

  private static List<String> tags(CanBeAnnotated element) {
    List<String> found = new ArrayList<>();
    if (element instanceof JavaClass type) {
      type.tryGetAnnotationOfType(Tag.class).ifPresent(tag -> found.add(tag.value()));
      type.tryGetAnnotationOfType(Tags.class).ifPresent(tags -> addAll(tags, found));
    } else if (element instanceof JavaMethod method) {
      method.tryGetAnnotationOfType(Tag.class).ifPresent(tag -> found.add(tag.value()));
      method.tryGetAnnotationOfType(Tags.class).ifPresent(tags -> addAll(tags, found));
    }
    return found;
  }

  private static void addAll(Tags tags, List<String> found) {
    Arrays.stream(tags.value()).map(Tag::value).forEach(found::add);
  }

  /** Returns why a test needs a tag, or null if it needs none. */
  private static @Nullable String reasonToTag(
      JavaClass type, JavaMethod method, JavaClasses classes) {
    for (Map.Entry<String, String> entry : TAG_BY_SUFFIX.entrySet()) {
      if (type.getSimpleName().endsWith(entry.getKey())) {
        return " is a " + entry.getKey() + " without @Tag(\"" + entry.getValue() + "\")";
      }
    }
    for (JavaClass reached : reachedBy(type, method, classes)) {
      String tag = TAG_BY_CLASS.get(reached.getName());
      if (tag != null) {
        return " uses " + reached.getSimpleName() + " without @Tag(\"" + tag + "\")";
      }
    }
    return null;
  }

  /** Returns the classes that a test calls, directly or through other test code. */
  private static Set<JavaClass> reachedBy(JavaClass type, JavaMethod method, JavaClasses classes) {
    Set<JavaClass> reached = new HashSet<>();
    Set<JavaCodeUnit> seen = new HashSet<>();
    Deque<JavaCodeUnit> next = new ArrayDeque<>();
    next.add(method);
    next.addAll(type.getConstructors());
    type.getStaticInitializer().ifPresent(next::add);
    type.getAllMethods().stream().filter(TestGroups::runsBesideATest).forEach(next::add);
    while (!next.isEmpty()) {
      JavaCodeUnit unit = next.remove();
      if (!seen.add(unit)) {
        continue;
      }
      for (JavaAccess<?> access : unit.getAccessesFromSelf()) {
        JavaClass owner = access.getTargetOwner();
        reached.add(owner);
        if (classes.contain(owner.getName())
            && access.getTarget() instanceof CodeUnitAccessTarget target) {
          target.resolveMember().ifPresent(next::add);
          if (owner.getEnclosingClass().isPresent()) {
            next.addAll(owner.getMethods()); // A library may call them, and is not followed.
          }
        }
      }
    }
    return reached;
  }

  private static boolean runsBesideATest(JavaMethod method) {
    return method.isAnnotatedWith(BeforeAll.class)
        || method.isAnnotatedWith(BeforeEach.class)
        || method.isAnnotatedWith(AfterEach.class)
        || method.isAnnotatedWith(AfterAll.class);
  }
}
