using System.Buffers;
using System.Text;
using Dataplug.Lithops.Functions;

namespace Dataplug.Lithops.Tests.Functions;

public sealed class ClosureTests
{
    private readonly int _field = 5;

    [Fact]
    public void Captured_variables_travel_with_their_values_and_names()
    {
        var factor = 3;
        var words = new List<string> { "a", "b" };
        byte[] raw = [0, 255];
        Func<int, string> function = x => (x * factor) + string.Join("", words) + raw[1];

        var reference = FunctionReference.From(function);
        factor = 100;
        var arrived = (Func<int, string>)FunctionReference.FromJson(reference.ToJson()).Resolve();

        Assert.Equal(["factor", "raw", "words"], reference.Captured.Select(variable => variable.Name).Order());
        Assert.Equal("6ab255", arrived(2));
        Assert.Equal([0, 255], reference.Captured.Single(variable => variable.Name == "raw").Value.ToArray());
        Assert.Equal(reference, FunctionReference.FromJson(reference.ToJson()));
        Assert.NotEqual(reference, FunctionReference.From(function));
    }

    [Fact]
    public void Variables_of_several_scopes_arrive_in_their_scopes()
    {
        var outer = "o";
        var functions = new List<Func<int, string>>();
        for (var i = 0; i < 2; i++)
        {
            var inner = i;
            functions.Add(x => outer + inner + x);
        }

        Assert.Equal(["o07", "o17"], functions.Select(function => ((Func<int, string>)FunctionReference.From(function).Resolve())(7)));
    }

    [Fact]
    public async Task Asynchronous_lambdas_and_lambdas_within_lambdas_find_their_variables()
    {
        var offset = 10;
        Func<int, Task<int>> asynchronous = async x =>
        {
            await Task.Yield();
            return x + offset;
        };
        Func<int[], int> nested = all => all.Select(x => x + offset).Sum();

        Assert.Equal(11, await ((Func<int, Task<int>>)FunctionReference.From(asynchronous).Resolve())(1));
        Assert.Equal(23, ((Func<int[], int>)FunctionReference.From(nested).Resolve())([1, 2]));
    }

    [Fact]
    public void What_only_a_neighbour_captures_stays_at_home()
    {
        var factor = 3;
        var unshippable = new TaskCompletionSource();
        Func<int, int> function = x => x * factor;
        Action neighbour = () => unshippable.SetResult();

        var reference = FunctionReference.From(function);

        Assert.Equal("factor", Assert.Single(reference.Captured).Name);
        Assert.Equal(6, ((Func<int, int>)reference.Resolve())(2));
        neighbour();
    }

    [Fact]
    public void Each_arrival_has_variables_of_its_own()
    {
        var count = 0;
        var reference = FunctionReference.From((int x) => count += x);

        Assert.Equal(2, ((Func<int, int>)reference.Resolve())(2));
        Assert.Equal(3, ((Func<int, int>)reference.Resolve())(3));
        Assert.Equal(0, count);
    }

    [Fact]
    public void Variables_that_can_not_travel_are_refused_all_by_name()
    {
        var threshold = 3;
        var source = new TaskCompletionSource<int>();
        object anything = "x";
        Func<int> code = () => 1;

        var exception = Assert.Throws<FunctionNotShippableException>(() => FunctionReference.From((int x) => x + threshold + source.Task.Id + anything.GetHashCode() + code() + _field));

        Assert.Contains("'source' (System.Threading.Tasks.TaskCompletionSource", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'anything' (System.Object)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'code'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'this'", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("threshold", exception.Message, StringComparison.Ordinal);
        Assert.Contains("static method", exception.Cure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_is_more_than_its_type_says_is_refused()
    {
        Animal animal = new Dog { Name = "a", Age = 3 };
        var caseless = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "A" };
        var usual = new HashSet<string> { "A" };

        Assert.Contains("would arrive as", Assert.Throws<FunctionNotShippableException>(() => FunctionReference.From((int x) => animal.Name + x)).Message, StringComparison.Ordinal);
        Assert.Contains("comparer", Assert.Throws<FunctionNotShippableException>(() => FunctionReference.From((string x) => caseless.Contains(x))).Message, StringComparison.Ordinal);
        Assert.True(((Func<string, bool>)FunctionReference.From((string x) => usual.Contains(x)).Resolve())("A"));
    }

    [Fact]
    public void A_forged_reference_can_not_fill_what_is_no_closure()
    {
        var captured = 1;
        var reference = FunctionReference.From((int x) => x + captured);
        var method = typeof(Animal).GetMethod(nameof(Animal.Speak))!;
        var value = new CapturedVariable("Secret", "1"u8.ToArray());

        Assert.Throws<FunctionNotFoundException>(() => (reference with { Captured = [value] }).Resolve());
        Assert.Throws<FunctionNotFoundException>(() => (reference with { Captured = [reference.Captured[0] with { Value = "\"text\""u8.ToArray() }] }).Resolve());
        Assert.Throws<FunctionNotFoundException>(() => (reference with { DeclaringType = typeof(Animal).FullName!, Method = method.Name, Signature = method.ToString()!, Captured = [value] }).Resolve());
    }

    [Fact]
    public async Task Bytes_memory_and_streams_travel_raw()
    {
        byte[] bytes = [1, 2, 250];

        Assert.Equal([250, 2, 1], await RunAsync((byte[] input) => input.Reverse().ToArray(), bytes));
        Assert.Equal([2, 250], await RunAsync((ReadOnlyMemory<byte> input) => input[1..], bytes));
        Assert.Equal([1, 2, 250], await RunAsync((Stream input) => input, bytes));
        Assert.Equal("3", Encoding.ASCII.GetString(await RunAsync((Stream input) => input.Length, bytes)));
    }

    [Fact]
    public void A_stream_that_can_not_be_read_twice_does_not_travel()
    {
        var codec = PayloadCodec.Create<Stream>("f", "its input", ShippedFunction.DefaultSerializerOptions);
        using var once = new System.IO.Compression.DeflateStream(new MemoryStream(), System.IO.Compression.CompressionMode.Decompress);
        using var twice = new MemoryStream([7, 8]);
        twice.ReadByte();
        var payload = new ArrayBufferWriter<byte>();

        codec.Write(twice, payload);
        codec.Write(twice, payload);

        Assert.Equal([7, 8, 7, 8], payload.WrittenSpan.ToArray());
        Assert.Throws<FunctionNotShippableException>(() => codec.Write(once, payload));
        Assert.Throws<FunctionNotShippableException>(() => codec.Write(null!, payload));
    }

    private static async Task<byte[]> RunAsync(Delegate function, byte[] input)
    {
        var result = new ArrayBufferWriter<byte>();
        await ShippedFunction.Bind(FunctionReference.From(function)).InvokeAsync(input, new TaskContext("job", 0), result);
        return result.WrittenSpan.ToArray();
    }

    private class Animal
    {
        public string Name { get; set; } = "";

        public string Speak(string x) => Name + x;
    }

    private sealed class Dog : Animal
    {
        public int Age { get; set; }
    }
}
