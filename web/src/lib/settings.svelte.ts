// What the person chose, kept in the browser: language and theme.

import { LANGUAGES, texts, type Language, type Texts } from "./texts";

export type Theme = "system" | "light" | "dark";

function first<T extends string>(kept: string | null, allowed: readonly T[], otherwise: T): T {
  return allowed.find((one) => one === kept) ?? otherwise;
}

function spoken(): Language {
  const codes = Object.keys(LANGUAGES) as Language[];
  for (const wanted of navigator.languages) {
    const code = codes.find((code) => wanted.toLowerCase().startsWith(code));
    if (code) return code;
  }
  return "en";
}

class Settings {
  language = $state<Language>(first(localStorage.getItem("polymath.language"), Object.keys(LANGUAGES) as Language[], spoken()));
  theme = $state<Theme>(first(localStorage.getItem("polymath.theme"), ["system", "light", "dark"] as const, "system"));

  get t(): Texts {
    return texts[this.language];
  }

  /** How dates and numbers are written: as the browser has it, where it speaks the language. */
  get locale(): string {
    return navigator.languages.find((wanted) => wanted.toLowerCase().startsWith(this.language)) ?? this.language;
  }

  /** Makes the document what was chosen, and keeps it. */
  apply(): void {
    document.documentElement.lang = this.language === "zh" ? "zh-Hans" : this.language;
    document.documentElement.dataset.theme = this.theme;
    localStorage.setItem("polymath.language", this.language);
    localStorage.setItem("polymath.theme", this.theme);
  }
}

export const settings = new Settings();
