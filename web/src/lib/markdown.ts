// A model's Markdown as nodes. HTML in it is shown as text, pictures by what they say of themselves, and
// links lead to the web alone; what comes out is checked against a list of what there may be all the same.

import DOMPurify from "dompurify";
import { Marked } from "marked";

const WEB = /^https?:\/\//i;

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escape(text),
    image: ({ text }) => escape(text),
    // False is the ordinary link.
    link({ href, tokens }) {
      return WEB.test(href) ? false : this.parser.parseInline(tokens);
    },
  },
});

const TAGS = [
  ..."p br hr h1 h2 h3 h4 h5 h6 strong em del code pre blockquote ul ol li a".split(" "),
  ..."table thead tbody tr th td".split(" "),
];

export function render(markdown: string): DocumentFragment {
  const html = marked.parse(markdown, { async: false });
  const fragment = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ["href", "title", "align", "start"],
    ALLOWED_URI_REGEXP: WEB,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  return fragment;
}
