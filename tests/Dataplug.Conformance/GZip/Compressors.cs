using System.Diagnostics;

namespace Dataplug.Conformance.GZip;

/// <summary>The compressors that tests/services/compressors.sh installs.</summary>
public static class Compressors
{
    /// <summary>The programs.</summary>
    public static IReadOnlyList<string> Programs { get; } = ["gzip", "pigz", "bgzip", "igzip", "zopfli", "zstd", "pzstd"];

    /// <summary>Those that are not installed here.</summary>
    public static IReadOnlyList<string> Missing { get; } = [.. Programs.Where(program => !IsInstalled(program))];

    /// <summary>Runs a program on bytes, by a file where it takes no standard input.</summary>
    /// <param name="command">The program and its arguments; <c>{}</c> is a file with the bytes, else they come on standard input.</param>
    /// <param name="input">The bytes.</param>
    /// <param name="exitCodes">The exit codes that are no failure; 0 when none is named.</param>
    /// <returns>What it wrote to its standard output.</returns>
    public static async Task<byte[]> RunAsync(string command, byte[] input, params int[] exitCodes)
    {
        ArgumentNullException.ThrowIfNull(command);
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, input);
            var words = command.Split(' ');
            var start = new ProcessStartInfo(words[0], words.Skip(1).Select(word => word == "{}" ? path : word))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var output = new MemoryStream();
            var copying = process.StandardOutput.BaseStream.CopyToAsync(output);
            var errors = process.StandardError.ReadToEndAsync();
            if (!words.Contains("{}"))
                await process.StandardInput.BaseStream.WriteAsync(input);
            process.StandardInput.Close();
            await copying;
            await process.WaitForExitAsync();
            if (!(exitCodes.Length == 0 ? [0] : exitCodes).Contains(process.ExitCode))
                Assert.Fail($"'{command}' exited with {process.ExitCode}: {await errors}");
            return output.ToArray();
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}

/// <summary>Tests on output of <see cref="Compressors"/>, reported as skipped where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CompressorTheoryAttribute : TheoryAttribute
{
    public CompressorTheoryAttribute() =>
        Skip = Compressors.Missing.Count == 0 ? null! : $"not installed: {string.Join(", ", Compressors.Missing)}; run tests/services/compressors.sh";
}

/// <summary>A test on output of <see cref="Compressors"/>, reported as skipped where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CompressorFactAttribute : FactAttribute
{
    public CompressorFactAttribute() =>
        Skip = Compressors.Missing.Count == 0 ? null! : $"not installed: {string.Join(", ", Compressors.Missing)}; run tests/services/compressors.sh";
}
