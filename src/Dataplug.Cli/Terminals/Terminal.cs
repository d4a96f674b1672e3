using System.Text;
using Spectre.Console;

namespace Dataplug.Cli.Terminals;

/// <summary>The standard streams of one run, whether a person looks at them, and its environment variables.</summary>
internal sealed class Terminal : IDisposable
{
    // Wide enough that nothing wraps or is cut where no person looks.
    private const int UnlimitedWidth = 4096;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public Terminal(Stream input, Stream output, Stream error)
    {
        Input = input;
        Output = output;
        Error = error;
        OutputText = new StreamWriter(output, Utf8, leaveOpen: true) { AutoFlush = true };
        ErrorText = TextWriter.Synchronized(new StreamWriter(error, Utf8, leaveOpen: true) { AutoFlush = true });
    }

    public Stream Input { get; }

    /// <summary>Standard output, bytes as they are. Throws <see cref="OutputClosedException"/> once nobody reads.</summary>
    public Stream Output { get; }

    public Stream Error { get; }

    /// <summary>Standard output as text; flushed at every write.</summary>
    public TextWriter OutputText { get; }

    /// <summary>Standard error as text; may be used from several threads.</summary>
    public TextWriter ErrorText { get; }

    public bool IsInputTerminal { get; init; }

    public bool IsOutputTerminal { get; init; }

    public bool IsErrorTerminal { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public int Width { get; init; } = 80;

    /// <summary>Environment variables.</summary>
    public Func<string, string?> Variables { get; init; } = Environment.GetEnvironmentVariable;

    public static Terminal OfProcess() => new(
        System.Console.OpenStandardInput(),
        new StandardOutputStream(),
        new QuietStream(System.Console.OpenStandardError()))
    {
        IsInputTerminal = !System.Console.IsInputRedirected,
        IsOutputTerminal = !System.Console.IsOutputRedirected,
        IsErrorTerminal = !System.Console.IsErrorRedirected,
        Width = WidthOfProcess(),
    };

    /// <summary>Tables and colours for standard output.</summary>
    public IAnsiConsole CreateOutputConsole(bool noColor) => CreateConsole(OutputText, IsOutputTerminal, noColor);

    /// <summary>Progress and notes for standard error.</summary>
    public IAnsiConsole CreateErrorConsole(bool noColor) => CreateConsole(ErrorText, IsErrorTerminal, noColor);

    public void Dispose()
    {
        OutputText.Dispose();
        ErrorText.Dispose();
        Output.Dispose();
    }

    private IAnsiConsole CreateConsole(TextWriter writer, bool isTerminal, bool noColor)
    {
        // https://no-color.org: any value but the empty one.
        noColor = noColor || !string.IsNullOrEmpty(Variables("NO_COLOR"));
        var ansi = isTerminal && Variables("TERM") is not "dumb";
        return AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = noColor || !ansi ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = ansi ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new Console(writer, isTerminal, isTerminal ? Width : UnlimitedWidth),
            // Spectre would turn on ANSI in CI systems, where the output is no terminal.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
    }

    private static int WidthOfProcess()
    {
        try
        {
            return System.Console.IsOutputRedirected && System.Console.IsErrorRedirected ? 80 : Math.Max(40, System.Console.WindowWidth);
        }
        catch (Exception exception) when (exception is IOException or PlatformNotSupportedException)
        {
            return 80;
        }
    }

    private sealed class Console(TextWriter writer, bool isTerminal, int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => isTerminal;

        public int Width => width;

        public int Height => 50;

        public void SetEncoding(Encoding encoding)
        {
            // The streams are UTF-8 from the start.
        }
    }
}
