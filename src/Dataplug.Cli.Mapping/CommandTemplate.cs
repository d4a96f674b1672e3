using System.Diagnostics;
using System.Globalization;
using Dataplug.Partitioning;

namespace Dataplug.Cli.Mapping;

/// <summary>A program and its arguments, with <c>{index}</c> and <c>{count}</c> to be filled in for each slice.</summary>
internal sealed class CommandTemplate(IReadOnlyList<string> words)
{
    /// <summary>The program as it was given.</summary>
    public string Program => words[0];

    /// <summary>Whether the program can be found, so that a typing error shows before any work is done.</summary>
    public bool CanBeFound()
    {
        // A name that differs from slice to slice is looked up when it is known.
        if (Program.Contains("{index}", StringComparison.Ordinal) || Program.Contains("{count}", StringComparison.Ordinal))
            return true;
        if (Program.Contains('/', StringComparison.Ordinal) || Program.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal))
            return IsProgram(Program);
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string[] endings = OperatingSystem.IsWindows() ? ["", ".exe", ".cmd", ".bat", ".com"] : [""];
        return folders.Any(folder => endings.Any(ending => IsProgram(Path.Combine(folder, Program + ending))));
    }

    /// <summary>How the program is started for a slice, with all three streams connected.</summary>
    public ProcessStartInfo For(Slice slice)
    {
        var start = new ProcessStartInfo(Fill(Program, slice))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var word in words.Skip(1))
            start.ArgumentList.Add(Fill(word, slice));
        start.Environment["DATAPLUG_SLICE_INDEX"] = slice.Index.ToString(CultureInfo.InvariantCulture);
        start.Environment["DATAPLUG_SLICE_COUNT"] = slice.Count.ToString(CultureInfo.InvariantCulture);
        return start;
    }

    private static string Fill(string word, Slice slice) => word
        .Replace("{index}", slice.Index.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{count}", slice.Count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static bool IsProgram(string path) =>
        File.Exists(path)
        && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
