using System.Buffers;
using System.Text;
using System.Text.Json;
using Dataplug.Lithops.Functions;

namespace Dataplug.Lithops.Tests.Functions;

public sealed class ShippedFunctionTests
{
    public static TheoryData<Delegate, string, string> Shapes => new()
    {
        { (int x) => x + 1, "3", "4" },
        { (int x) => Task.FromResult(x + 1), "3", "4" },
        { (int x, CancellationToken token) => Task.FromResult(token.CanBeCanceled), "3", "true" },
        { (int x, TaskContext context) => Task.FromResult(context.Index + x), "3", "10" },
        { () => 5, "{}", "5" },
        { () => Task.FromResult(5), "{}", "5" },
        { (CancellationToken token) => Task.FromResult(token.CanBeCanceled), "{}", "true" },
        { (TaskContext context) => Task.FromResult(context.Index), "{}", "7" },
        { ((int Index, string Name) pair) => (pair.Name, pair.Index), """{"Item1":1,"Item2":"a"}""", """{"Item1":"a","Item2":1}""" },
        { (double x) => x * 2, "\"Infinity\"", "\"Infinity\"" },
        { (IReadOnlyList<int> all) => all.Sum(), "[1,2,3]", "6" },
        { (string? x) => x, "null", "null" },
    };

    [Theory]
    [MemberData(nameof(Shapes), DisableDiscoveryEnumeration = true)]
    public async Task Every_shape_is_called_with_bytes_and_answers_in_bytes(Delegate function, string input, string expected)
    {
        using var source = new CancellationTokenSource();
        var shipped = ShippedFunction.Bind(FunctionReference.From(function));
        var result = new ArrayBufferWriter<byte>();

        await shipped.InvokeAsync(Encoding.UTF8.GetBytes(input), new TaskContext("job", 7, cancellationToken: source.Token), result);

        Assert.Equal(expected, Encoding.UTF8.GetString(result.WrittenSpan));
    }

    [Fact]
    public void Types_of_input_and_result_are_told()
    {
        var shipped = ShippedFunction.Bind(FunctionReference.From((int x, CancellationToken _) => Task.FromResult(x.ToString())));

        Assert.Equal((typeof(int), typeof(string)), (shipped.InputType, shipped.ResultType));
        Assert.Null(ShippedFunction.Bind(FunctionReference.From(() => 1)).InputType);
    }

    [Fact]
    public void A_function_of_no_shape_that_executors_submit_is_refused()
    {
        Assert.Throws<FunctionNotFoundException>(() => ShippedFunction.Bind(FunctionReference.From((int x) => Console.Write(x))));
        Assert.Throws<FunctionNotFoundException>(() => ShippedFunction.Bind(FunctionReference.From((int x, int y) => x + y)));
    }

    [Fact]
    public async Task An_input_of_another_type_is_refused_and_an_exception_comes_through()
    {
        var shipped = ShippedFunction.Bind(FunctionReference.From(int (int x) => throw new InvalidDataException("bad")));
        var result = new ArrayBufferWriter<byte>();

        await Assert.ThrowsAsync<JsonException>(() => shipped.InvokeAsync("\"text\""u8.ToArray(), new TaskContext("job", 0), result).AsTask());
        await Assert.ThrowsAsync<InvalidDataException>(() => shipped.InvokeAsync("1"u8.ToArray(), new TaskContext("job", 0), result).AsTask());
    }
}
