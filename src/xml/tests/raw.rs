//! Foreign subtrees come back as libvirt 11.3.0 prints them: each expectation was read off `virsh dumpxml`.

use ferrovirt_xml::check::check;
use ferrovirt_xml::{RawElement, XmlElement};

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "domain")]
struct Domain {
    #[xml(raw)]
    metadata: Option<RawElement>,
}

#[track_caller]
fn prints(input: &str, lines: &[&str]) {
    let body: String = lines.iter().map(|l| format!("  {l}\n")).collect();
    check::<Domain>(input, &format!("<domain>\n{body}</domain>"));
}

#[test]
fn text_keeps_its_line_and_attributes_their_characters() {
    prints(
        "<domain><metadata><a:b xmlns:a='http://x' q='1&quot;2&apos;&#9;&#10;&#13;&lt;&gt;&amp;é'>text &gt; &quot; ' \
         &#13;<c/><!-- cm --><![CDATA[x<y]]>  </a:b><u xmlns='urn:z'><k a='b'> </k><l>x <b/> y</l></u></metadata>\
         </domain>",
        &[
            "<metadata>",
            "  <a:b xmlns:a=\"http://x\" q=\"1&quot;2'&#9;&#10;&#13;&lt;&gt;&amp;&#xE9;\">text &gt; \" ' &#13;<c/>\
             <!-- cm --><![CDATA[x<y]]>  </a:b>",
            "  <u xmlns=\"urn:z\">",
            "    <k a=\"b\"> </k>",
            "    <l>x <b/> y</l>",
            "  </u>",
            "</metadata>",
        ],
    );
}

#[test]
fn namespaces_from_outside_are_declared_on_the_copy() {
    prints(
        "<domain xmlns:x='urn:x' xmlns:unused='urn:u'><metadata>\n <x:foo y='1'>\n\n   <x:bar/>\n <q> <z/> </q> \
         <!-- c -->\n<?pi x?></x:foo>\n</metadata></domain>",
        &[
            "<metadata xmlns:x=\"urn:x\">",
            "  <x:foo y=\"1\">",
            "    <x:bar/>",
            "    <q>",
            "      <z/>",
            "    </q>",
            "    <!-- c -->",
            "    <?pi x?>",
            "  </x:foo>",
            "</metadata>",
        ],
    );
}

#[test]
fn prefixes_stay_as_they_were_written() {
    prints(
        "<domain><metadata><a:b xmlns:a='http://x' q=\"a'b\">   <c xmlns='urn:d' a:d='1' xml:lang='de'>\
         <e xmlns=''>t</e><a:f/></c>\n</a:b><p:x xmlns:o='urn:p' xmlns:p='urn:p' o:y='é'>é€</p:x></metadata></domain>",
        &[
            "<metadata>",
            "  <a:b xmlns:a=\"http://x\" q=\"a'b\">",
            "    <c xmlns=\"urn:d\" a:d=\"1\" xml:lang=\"de\">",
            "      <e xmlns=\"\">t</e>",
            "      <a:f/>",
            "    </c>",
            "  </a:b>",
            "  <p:x xmlns:o=\"urn:p\" xmlns:p=\"urn:p\" o:y=\"&#xE9;\">é€</p:x>",
            "</metadata>",
        ],
    );
}

#[test]
fn white_space_counts_where_it_says_so() {
    prints(
        "<domain><metadata><a:b xmlns:a='http://x'><a:c>\n multi\n   line\n</a:c><!-- x --> \
         <a:d xml:space='preserve'> <x/> </a:d><a:e></a:e><a:f><![CDATA[]]></a:f></a:b></metadata></domain>",
        &[
            "<metadata>",
            "  <a:b xmlns:a=\"http://x\">",
            "    <a:c>\n multi\n   line\n</a:c>",
            "    <!-- x -->",
            "    <a:d xml:space=\"preserve\"> <x/> </a:d>",
            "    <a:e/>",
            "    <a:f><![CDATA[]]></a:f>",
            "  </a:b>",
            "</metadata>",
        ],
    );
}

#[test]
fn sanitizing_keeps_the_first_child_of_each_namespace() {
    let kept = |text: &str| RawElement::parse(text, "t").unwrap().sanitized().map(|e| e.to_xml());
    assert_eq!(
        kept("<metadata><!-- hi --><a xmlns='u'/><b/>text<c xmlns='u'/><d:d xmlns:d='v'/></metadata>")
            .as_deref(),
        Some("<metadata>\n  <a xmlns=\"u\"/>\n  <d:d xmlns:d=\"v\"/>\n</metadata>")
    );
    assert_eq!(kept("<metadata><a/></metadata>").as_deref(), Some("<metadata/>"));
    assert_eq!(kept("<metadata>text</metadata>"), None);
}
