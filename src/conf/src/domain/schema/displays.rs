//! What people see and hear: graphics, video, sound.

use crate::values::schema::*;
use ferrovirt_xml::{Rule, Values};

/// What `<input>` and `<output>` of a backend have beside what all have.
macro_rules! both_ways {
    ($names:literal) => {
        Rule::only(
            "input output",
            concat!("@mixingEngine @fixedSettings @voices @bufferLength settings ", $names),
        )
    };
}

tables! {
    fn graphics [
        Rule::needs("@type"),
        Rule::is("@port @tlsPort @websocket", PORT),
        Rule::is("@listen", IP_OR_NAME),
        Rule::is("@socket", PATH),
        Rule::is("@passwdValidTo", DATE_TIME),
        Rule::is("gl/@rendernode", PATH),
        Rule::is("audio/@id", UINT8),
        Rule::needs("audio/@id"),
        Rule::part("listen", listen),
        Rule::when("", "@type", &["sdl"], &[
            Rule::only("", "@type @display @xauth @fullscreen gl"),
            Rule::only("gl", "@enable"),
            Rule::needs("gl/@enable"),
        ]),
        Rule::when("", "@type", &["vnc"], &[
            Rule::only("", "@type @port @autoport @websocket @listen @sharePolicy @powerControl @socket @passwd @keymap \
                            @passwdValidTo @connected audio listen"),
            Rule::forms("", &["@port? @autoport? @websocket? @listen? @sharePolicy? @powerControl?", "@socket"]),
            Rule::is("@connected", Values::one_of(&["keep"])),
            Rule::is("@sharePolicy", Values::one_of(&["allow-exclusive", "force-shared", "ignore"])),
        ]),
        Rule::when("", "@type", &["spice"], &[
            Rule::only("", "@type @port @tlsPort @autoport @listen @passwd @keymap @passwdValidTo @connected @defaultMode \
                            listen channel image jpeg zlib playback streaming clipboard mouse filetransfer gl"),
            Rule::needs("channel/@name channel/@mode image/@compression jpeg/@compression zlib/@compression"),
            Rule::needs("playback/@compression streaming/@mode clipboard/@copypaste mouse/@mode filetransfer/@enable gl/@enable"),
        ]),
        Rule::when("", "@type", &["dbus"], &[
            Rule::only("", "@type @address @p2p gl audio"),
            Rule::forms("", &["@address", "@p2p", ""]),
            Rule::is("@address", ANY_PATH),
            Rule::needs("gl/@enable"),
        ]),
        Rule::when("", "@type", &["rdp"], &[
            Rule::only("", "@type @port @autoport @replaceUser @multiUser @listen @username @passwd listen"),
        ]),
        Rule::when("", "@type", &["desktop"], &[Rule::only("", "@type @display @fullscreen")]),
        Rule::when("", "@type", &["egl-headless"], &[Rule::only("", "@type gl"), Rule::only("gl", "@rendernode")]),
    ]

    fn listen [
        Rule::when("", "@type", &["address"], &[Rule::only("", "@type @address")]),
        Rule::when("", "@type", &["network"], &[Rule::only("", "@type @network @address"), Rule::needs("@network")]),
        Rule::when("", "@type", &["socket"], &[Rule::only("", "@type @socket")]),
        Rule::when("", "@type", &["none"], &[Rule::only("", "@type")]),
        Rule::is("@address", IP_OR_NAME),
        Rule::is("@socket", PATH),
    ]

    fn video [
        Rule::needs("model/@type"),
        Rule::is("model/@type", Values::one_of(&[
            "vga", "cirrus", "vmvga", "xen", "vbox", "virtio", "gop", "none", "bochs", "ramfb", "qxl",
        ])),
        Rule::forms("model", &[
            "@type=qxl @ram? @vgamem? @vram64?",
            "@type=vga|cirrus|vmvga|xen|vbox|virtio|gop|none|bochs|ramfb",
        ]),
        Rule::is("model/@ram model/@vgamem model/@vram64 model/@vram model/@heads", UINT),
        Rule::is("model/resolution/@x model/resolution/@y", UINT),
        Rule::order("model", "acceleration resolution"),
        Rule::is("model/acceleration/@rendernode", PATH),
    ]

    fn audio [
        Rule::needs("@id @type"),
        Rule::is("@id", UINT8),
        Rule::is("@timerPeriod", UINT32),
        Rule::is("*/@voices */@bufferLength */@bufferCount */@latency */settings/@frequency */settings/@channels", UINT32),
        Rule::when("", "@type", &["none", "dbus", "spice"], &[Rule::only("", "@type @id @timerPeriod input output"), both_ways!("")]),
        Rule::when("", "@type", &["alsa"], &[Rule::only("", "@type @id @timerPeriod input output"), both_ways!("@dev"), Rule::is("*/@dev", ANY_PATH)]),
        Rule::when("", "@type", &["coreaudio"], &[Rule::only("", "@type @id @timerPeriod input output"), both_ways!("@bufferCount")]),
        Rule::when("", "@type", &["jack"], &[
            Rule::only("", "@type @id @timerPeriod input output"),
            both_ways!("@serverName @clientName @connectPorts @exactName"),
        ]),
        Rule::when("", "@type", &["oss"], &[
            Rule::only("", "@type @id @timerPeriod @tryMMap @exclusive @dspPolicy input output"),
            both_ways!("@dev @bufferCount @tryPoll"),
            Rule::is("@dspPolicy", INT),
            Rule::is("*/@dev", DEVICE_NAME),
        ]),
        Rule::when("", "@type", &["pipewire"], &[
            Rule::only("", "@type @id @timerPeriod @runtimeDir input output"),
            both_ways!("@name @streamName @latency"),
            Rule::is("@runtimeDir", ANY_PATH),
        ]),
        Rule::when("", "@type", &["pulseaudio"], &[
            Rule::only("", "@type @id @timerPeriod @serverName input output"),
            both_ways!("@name @streamName @latency"),
        ]),
        Rule::when("", "@type", &["sdl"], &[
            Rule::only("", "@type @id @timerPeriod @driver input output"),
            both_ways!("@bufferCount"),
            Rule::is("@driver", Values::one_of(&["esd", "alsa", "arts", "pulseaudio"])),
        ]),
        Rule::when("", "@type", &["file"], &[
            Rule::only("", "@type @id @timerPeriod @path input output"),
            both_ways!(""),
            Rule::is("@path", ANY_PATH),
        ]),
    ]

    fn sound [
        Rule::needs("@model audio/@id"),
        Rule::is("audio/@id", UINT8),
        Rule::is("@streams", UINT32),
    ]
}
