using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Dataplug.Lithops.Functions;

/// <summary>
/// Finds which fields of its closure a lambda really uses. The compiler puts all variables that any lambda of a scope captures
/// into one class; those that only its neighbours use have no part in a function's journey.
/// </summary>
internal static class ClosureFields
{
    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    /// <summary>The fields, of whatever type, that a method's code names: its own, that of the state machine it is compiled to,
    /// and that of compiler-made methods it calls or refers to.</summary>
    public static HashSet<(Module Module, int Token)> UsedBy(MethodInfo method)
    {
        var used = new HashSet<(Module, int)>();
        var seen = new HashSet<(Module, int)>();
        var pending = new Stack<MethodBase>([method]);
        while (pending.TryPop(out var next))
        {
            if (!seen.Add((next.Module, next.MetadataToken)))
                continue;
            if (next.GetCustomAttribute<StateMachineAttribute>() is { } machine
                && machine.StateMachineType.GetMethod("MoveNext", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public) is { } moveNext)
                pending.Push(moveNext);
            Read(next, used, pending);
        }

        return used;
    }

    private static void Read(MethodBase method, HashSet<(Module, int)> used, Stack<MethodBase> pending)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code)
            return;
        var typeArguments = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        var at = 0;
        while (at < code.Length)
        {
            // ECMA-335 III.1.9: an opcode is one byte, or 0xFE and another.
            var value = code[at] == 0xFE ? (short)((0xFE << 8) | code[at + 1]) : code[at];
            at += code[at] == 0xFE ? 2 : 1;
            var opCode = OpCodesByValue[value];
            switch (opCode.OperandType)
            {
                case OperandType.InlineField:
                    if (method.Module.ResolveField(BitConverter.ToInt32(code, at), typeArguments, methodArguments) is { } field)
                        used.Add((field.Module, field.MetadataToken));
                    at += 4;
                    break;
                case OperandType.InlineMethod:
                    if (method.Module.ResolveMethod(BitConverter.ToInt32(code, at), typeArguments, methodArguments) is { } called && IsCompilerMade(called))
                        pending.Push(called);
                    at += 4;
                    break;
                case OperandType.InlineSwitch:
                    at += 4 + (4 * BitConverter.ToInt32(code, at));
                    break;
                default:
                    at += SizeOf(opCode.OperandType);
                    break;
            }
        }
    }

    private static bool IsCompilerMade(MethodBase method) =>
        method.Name.StartsWith('<') || method.DeclaringType?.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) == true;

    private static int SizeOf(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };
}
